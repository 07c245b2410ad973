/* A policy in C: asks for an API key and counts its requests in windows of one minute. */
#include "../sluice.h"

#define MAX_ENTRIES 16
#define MAX_KEYS 16
#define MAX_TEXT 128
#define WINDOW_MS 60000.0

struct settings {
  char id[MAX_TEXT];
  char header[MAX_TEXT];
  char keys[MAX_KEYS][MAX_TEXT];
  int32_t key_count;
  int64_t minute;
};

static struct settings entries[MAX_ENTRIES];

SLUICE_EXPORT("sluice_abi_version") int32_t abi_version(void) {
  return SLUICE_ABI_VERSION;
}

SLUICE_EXPORT("sluice_configure") int32_t configure(int32_t entry) {
  static char json[16384];
  if (entry < 0 || entry >= MAX_ENTRIES) return sluice_fail("too many entries");
  if (sluice_text(sluice_config_get(entry, json, sizeof json - 1), json, sizeof json) < 0) {
    return sluice_fail("the config is too large");
  }
  struct settings *settings = &entries[entry];
  const char *config = sluice_json_member(json, "config");
  sluice_json_text(sluice_json_member(json, "id"), settings->id, MAX_TEXT);
  if (sluice_json_text(sluice_json_member(config, "header"), settings->header, MAX_TEXT) <= 0) {
    return sluice_fail("header: expected a name");
  }
  settings->minute = sluice_json_number(sluice_json_member(config, "minute"), 60);
  settings->key_count = 0;
  const char *key = sluice_json_item(sluice_json_member(config, "keys"), true);
  for (; key != NULL && settings->key_count < MAX_KEYS; key = sluice_json_item(key, false)) {
    if (sluice_json_text(key, settings->keys[settings->key_count++], MAX_TEXT) <= 0) {
      return sluice_fail("keys: expected texts of at most 127 bytes");
    }
  }
  return settings->key_count > 0 ? SLUICE_CONTINUE : sluice_fail("keys: expected at least one");
}

static int32_t refuse(int32_t request, int32_t status, const char *message) {
  char id[MAX_TEXT], body[256] = "{\"message\":\"";
  sluice_property(request, SLUICE_REQUEST_ID, id, sizeof id);
  sluice_append(body, sizeof body, message);
  sluice_append(body, sizeof body, "\",\"request_id\":\"");
  sluice_append(body, sizeof body, id);
  sluice_append(body, sizeof body, "\"}");
  sluice_set_header(request, SLUICE_RESPONSE, "Content-Type", "application/json; charset=utf-8");
  return sluice_answer(request, status, body);
}

static void tell(int32_t request, const char *name, int64_t number) {
  char text[24] = "";
  sluice_append_number(text, sizeof text, number);
  sluice_set_header(request, SLUICE_RESPONSE, name, text);
}

SLUICE_EXPORT("sluice_access") int32_t access(int32_t request, int32_t entry) {
  const struct settings *settings = &entries[entry];
  char key[MAX_TEXT], counter[3 * MAX_TEXT] = "";
  int32_t length = sluice_header(request, SLUICE_REQUEST, settings->header, key, sizeof key);
  bool is_known = false;
  for (int32_t at = 0; at < settings->key_count; at++) {
    if (length > 0 && sluice_equals(key, length, settings->keys[at])) is_known = true;
  }
  if (!is_known) return refuse(request, 401, "No API key");

  sluice_append(counter, sizeof counter, settings->id);
  sluice_append(counter, sizeof counter, ":");
  sluice_append(counter, sizeof counter, key);
  sluice_append(counter, sizeof counter, ":");
  sluice_append_number(counter, sizeof counter, (int64_t)(sluice_now_ms() / WINDOW_MS));
  int64_t used = (int64_t)sluice_store_increment(counter, sluice_length(counter), 1, WINDOW_MS);
  tell(request, "RateLimit-Limit", settings->minute);
  tell(request, "RateLimit-Remaining", used < settings->minute ? settings->minute - used : 0);
  if (used > settings->minute) return refuse(request, 429, "Too many requests");

  /* The upstream must not see it. */
  sluice_remove_header(request, SLUICE_REQUEST, settings->header);
  return SLUICE_CONTINUE;
}
