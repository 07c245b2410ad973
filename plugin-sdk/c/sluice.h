/* Policies in C, for clang's wasm32 target, without a C library. ABI.md says what the functions do; the names are the
 * same with `sluice_` before them.
 *
 *   clang --target=wasm32 -mbulk-memory -O2 -nostdlib -Wl,--no-entry,--strip-all,-z,stack-size=65536 policy.c -o policy.wasm
 *
 * A text is a pointer and a length. What the host writes into a buffer has no NUL at its end; sluice_text() and its
 * like below take care of that.
 */
#ifndef SLUICE_H
#define SLUICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLUICE_ABI_VERSION 1

/* Before a function that the gateway calls: SLUICE_EXPORT("sluice_access"). */
#define SLUICE_EXPORT(name) __attribute__((export_name(name), visibility("default")))
#define SLUICE_IMPORT(name) \
  __attribute__((import_module("extism:host/user"), import_name(#name))) extern

enum { SLUICE_CONTINUE = 0, SLUICE_RESPOND = 1, SLUICE_PENDING = 2, SLUICE_FAILED = -1 };

enum {
  SLUICE_ABSENT = -1,
  SLUICE_BAD_HANDLE = -2,
  SLUICE_WRONG_PHASE = -3,
  SLUICE_BAD_VALUE = -4,
  SLUICE_DENIED = -5,
  SLUICE_LIMIT = -6,
  SLUICE_UNAVAILABLE = -7
};

enum { SLUICE_REQUEST = 0, SLUICE_RESPONSE = 1 };
enum { SLUICE_REPLACE = 0, SLUICE_ADD = 1, SLUICE_REMOVE = 2 };
enum { SLUICE_DEBUG = 0, SLUICE_INFO = 1, SLUICE_WARN = 2, SLUICE_ERROR = 3 };

enum {
  SLUICE_METHOD = 1,
  SLUICE_PATH = 2,
  SLUICE_QUERY = 3,
  SLUICE_SCHEME = 4,
  SLUICE_HOST = 5,
  SLUICE_HTTP_VERSION = 6,
  SLUICE_CLIENT_ADDRESS = 7,
  SLUICE_REQUEST_ID = 8,
  SLUICE_ROUTE_ID = 9,
  SLUICE_ROUTE_NAME = 10,
  SLUICE_SERVICE_ID = 11,
  SLUICE_SERVICE_NAME = 12,
  SLUICE_CONSUMER_ID = 13,
  SLUICE_CONSUMER_USERNAME = 14,
  SLUICE_CONSUMER_CUSTOM_ID = 15,
  SLUICE_CREDENTIAL_ID = 16,
  SLUICE_SERVER_ADDRESS = 17,
  SLUICE_UPSTREAM = 18,
  SLUICE_TARGET = 19,
  SLUICE_URI_CAPTURES = 20,
  SLUICE_CLIENT_CERTIFICATE = 21,
  SLUICE_STATED_ORIGIN = 22
};

enum {
  SLUICE_CODING_GZIP = 1,
  SLUICE_CODING_DEFLATE = 2,
  SLUICE_CODING_BR = 3
};

enum {
  SLUICE_STATUS = 1,
  SLUICE_CLIENT_PORT = 2,
  SLUICE_SERVER_PORT = 3,
  SLUICE_STARTED_AT_MS = 4,
  SLUICE_CONNECTION_ID = 5,
  SLUICE_CONNECTION_REQUESTS = 6,
  SLUICE_WORKER_PID = 7,
  SLUICE_REQUEST_BYTES = 8,
  SLUICE_RESPONSE_BYTES = 9,
  SLUICE_REQUEST_MS = 10,
  SLUICE_UPSTREAM_MS = 11,
  SLUICE_GATEWAY_MS = 12,
  SLUICE_ANSWERED_BY = 13
};

enum { SLUICE_SHA256 = 1, SLUICE_SHA384 = 2, SLUICE_SHA512 = 3, SLUICE_SHA1 = 4, SLUICE_MD5 = 5 };

/* ---- Host functions ---- */

SLUICE_IMPORT(field_get)
int32_t sluice_field_get(int32_t request, int32_t kind, const char *name, int32_t name_length, int32_t index,
                         char *buffer, int32_t limit);
SLUICE_IMPORT(fields_get)
int32_t sluice_fields_get(int32_t request, int32_t kind, const char *name, int32_t name_length, char *buffer,
                          int32_t limit);
SLUICE_IMPORT(field_names)
int32_t sluice_field_names(int32_t request, int32_t kind, char *buffer, int32_t limit);
SLUICE_IMPORT(field_set)
int32_t sluice_field_set(int32_t request, int32_t kind, const char *name, int32_t name_length, const char *value,
                         int32_t value_length, int32_t mode);
SLUICE_IMPORT(fields_set)
int32_t sluice_fields_set(int32_t request, int32_t kind, const char *fields, int32_t fields_length, int32_t count);
SLUICE_IMPORT(fields_fill)
int32_t sluice_fields_fill(int32_t request, int32_t kind, const char *fields, int32_t fields_length, int32_t count);
SLUICE_IMPORT(property_get)
int32_t sluice_property_get(int32_t request, int32_t property, char *buffer, int32_t limit);
SLUICE_IMPORT(property_set)
int32_t sluice_property_set(int32_t request, int32_t property, const char *value, int32_t value_length);
SLUICE_IMPORT(number_get)
double sluice_number_get(int32_t request, int32_t number);
SLUICE_IMPORT(number_set)
int32_t sluice_number_set(int32_t request, int32_t number, double value);
SLUICE_IMPORT(query_get)
int32_t sluice_query_get(int32_t request, const char *name, int32_t name_length, int32_t index, char *buffer,
                         int32_t limit);
SLUICE_IMPORT(query_set)
int32_t sluice_query_set(int32_t request, const char *name, int32_t name_length, const char *value,
                         int32_t value_length, int32_t mode);
SLUICE_IMPORT(respond)
int32_t sluice_respond(int32_t request, int32_t status, const char *body, int32_t body_length);
SLUICE_IMPORT(credential_find)
int32_t sluice_credential_find(int32_t request, const char *collection, int32_t collection_length, const char *key,
                               int32_t key_length);
SLUICE_IMPORT(credential_get)
int32_t sluice_credential_get(int32_t request, int32_t credential, char *buffer, int32_t limit);
SLUICE_IMPORT(consumer_find)
int32_t sluice_consumer_find(int32_t request, const char *name, int32_t name_length);
SLUICE_IMPORT(consumer_find_by)
int32_t sluice_consumer_find_by(int32_t request, int32_t property, const char *value, int32_t value_length);
SLUICE_IMPORT(consumer_get)
int32_t sluice_consumer_get(int32_t request, int32_t consumer, char *buffer, int32_t limit);
SLUICE_IMPORT(authenticate)
int32_t sluice_authenticate(int32_t request, int32_t consumer, int32_t credential);
SLUICE_IMPORT(authenticate_by)
int32_t sluice_authenticate_by(int32_t request, int32_t consumer, const char *id, int32_t id_length);
SLUICE_IMPORT(remember)
int32_t sluice_remember(int32_t request, double until_ms);
SLUICE_IMPORT(record_get)
int32_t sluice_record_get(int32_t request, char *buffer, int32_t limit);
SLUICE_IMPORT(record_append)
int32_t sluice_record_append(int32_t request, const char *path, int32_t path_length, int32_t reopen);
SLUICE_IMPORT(config_get)
int32_t sluice_config_get(int32_t config, char *buffer, int32_t limit);
SLUICE_IMPORT(store_get)
int32_t sluice_store_get(const char *key, int32_t key_length, char *buffer, int32_t limit);
SLUICE_IMPORT(store_set)
int32_t sluice_store_set(const char *key, int32_t key_length, const char *value, int32_t value_length, double ttl_ms);
SLUICE_IMPORT(store_delete)
int32_t sluice_store_delete(const char *key, int32_t key_length);
SLUICE_IMPORT(store_increment)
double sluice_store_increment(const char *key, int32_t key_length, double delta, double ttl_ms);
SLUICE_IMPORT(file_append)
int32_t sluice_file_append(const char *path, int32_t path_length, const char *data, int32_t data_length,
                           int32_t reopen);
SLUICE_IMPORT(sink_open)
int32_t sluice_sink_open(const char *options, int32_t length);
SLUICE_IMPORT(sink_append)
int32_t sluice_sink_append(int32_t request, int32_t sink, const char *data, int32_t length);
SLUICE_IMPORT(log)
void sluice_log_bytes(int32_t level, const char *message, int32_t message_length);
SLUICE_IMPORT(now_ms)
double sluice_now_ms(void);
SLUICE_IMPORT(random_bytes)
int32_t sluice_random_bytes(uint8_t *buffer, int32_t length);
SLUICE_IMPORT(random_number)
double sluice_random_number(void);
SLUICE_IMPORT(deadline_reached)
int32_t sluice_deadline_reached(void);
SLUICE_IMPORT(fail)
void sluice_fail_bytes(const char *message, int32_t message_length);

SLUICE_IMPORT(log_fields)
void sluice_log_fields(int32_t level, const char *message, int32_t message_length, const char *fields,
                       int32_t fields_length);
SLUICE_IMPORT(chunk_get)
int32_t sluice_chunk_get(int32_t request, void *buffer, int32_t limit);
SLUICE_IMPORT(chunk_set)
int32_t sluice_chunk_set(int32_t request, const void *data, int32_t length);
SLUICE_IMPORT(body_read)
int32_t sluice_body_read(int32_t request, int32_t kind, int32_t max_bytes);
SLUICE_IMPORT(body_set)
int32_t sluice_body_set(int32_t request, int32_t kind, const void *data, int32_t length);
SLUICE_IMPORT(body_skip)
int32_t sluice_body_skip(int32_t request, int32_t kind);
SLUICE_IMPORT(response_encode)
int32_t sluice_response_encode(int32_t request, int32_t coding, int32_t level);
SLUICE_IMPORT(store_compare_and_set)
int32_t sluice_store_compare_and_set(const char *key, int32_t key_length, const char *expected, int32_t expected_length,
                                     const char *value, int32_t value_length, double ttl_ms);
SLUICE_IMPORT(quota_open)
int32_t sluice_quota_open(const char *options, int32_t options_length);
SLUICE_IMPORT(quota_take)
int32_t sluice_quota_take(int32_t request, int32_t quota, const char *identifier, int32_t identifier_length,
                          double cost);
SLUICE_IMPORT(shared_get)
int32_t sluice_shared_get(int32_t request, const char *key, int32_t key_length, char *buffer, int32_t limit);
SLUICE_IMPORT(shared_set)
int32_t sluice_shared_set(int32_t request, const char *key, int32_t key_length, const char *value,
                          int32_t value_length);
SLUICE_IMPORT(secret_get)
int32_t sluice_secret_get(int32_t request, const char *name, int32_t name_length, char *buffer, int32_t limit);
SLUICE_IMPORT(digest)
int32_t sluice_digest(int32_t algorithm, const void *data, int32_t data_length, uint8_t *buffer, int32_t limit);
SLUICE_IMPORT(hmac)
int32_t sluice_hmac(int32_t algorithm, const void *key, int32_t key_length, const void *data, int32_t data_length,
                    uint8_t *buffer, int32_t limit);
SLUICE_IMPORT(bytes_equal)
int32_t sluice_bytes_equal(const void *a, int32_t a_length, const void *b, int32_t b_length);
SLUICE_IMPORT(jwt_verify)
int32_t sluice_jwt_verify(const char *token, int32_t token_length, const char *keys, int32_t keys_length,
                          const char *options, int32_t options_length, char *buffer, int32_t limit);
SLUICE_IMPORT(jwt_sign)
int32_t sluice_jwt_sign(const char *claims, int32_t claims_length, const char *key, int32_t key_length,
                        const char *options, int32_t options_length, char *buffer, int32_t limit);
SLUICE_IMPORT(metric_record)
int32_t sluice_metric_record(int32_t metric, double value, const char *labels, int32_t labels_length);
SLUICE_IMPORT(span_start)
int32_t sluice_span_start(int32_t request, int32_t parent, const char *name, int32_t name_length);
SLUICE_IMPORT(span_set)
int32_t sluice_span_set(int32_t request, int32_t span, const char *key, int32_t key_length, const char *value,
                        int32_t value_length);
SLUICE_IMPORT(span_end)
int32_t sluice_span_end(int32_t request, int32_t span, int32_t is_error);
SLUICE_IMPORT(trace_get)
int32_t sluice_trace_get(int32_t request, char *buffer, int32_t limit);
SLUICE_IMPORT(settle)
int32_t sluice_settle(int32_t request, int32_t verdict);
SLUICE_IMPORT(result_read)
int32_t sluice_result_read(int32_t call, int32_t part, int32_t offset, void *buffer, int32_t limit);
SLUICE_IMPORT(timer_start)
int32_t sluice_timer_start(double delay_ms, int32_t repeats);
SLUICE_IMPORT(timer_stop)
int32_t sluice_timer_stop(int32_t call);
SLUICE_IMPORT(fetch)
int32_t sluice_fetch(int32_t request, const char *head, int32_t head_length, const void *body, int32_t body_length);
SLUICE_IMPORT(redis_open)
int32_t sluice_redis_open(const char *options, int32_t options_length);
SLUICE_IMPORT(redis_call)
int32_t sluice_redis_call(int32_t request, int32_t redis, const char *command, int32_t command_length,
                          const void *data, int32_t data_length);
SLUICE_IMPORT(url_parse)
int32_t sluice_url_parse(const char *text, int32_t text_length, const char *base, int32_t base_length, char *buffer,
                         int32_t limit);
SLUICE_IMPORT(url_set)
int32_t sluice_url_set(const char *url, int32_t url_length, int32_t part, const char *value, int32_t value_length,
                       char *buffer, int32_t limit);

/* ---- For texts that end with NUL, as literals do ---- */

static inline int32_t sluice_length(const char *text) {
  int32_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/* Compares bytes, not in constant time. */
static inline bool sluice_equals(const char *text, int32_t length, const char *other) {
  int32_t at = 0;
  while (at < length && other[at] != 0 && text[at] == other[at]) at++;
  return at == length && other[at] == 0;
}

/* What the host wrote, as a text that ends with NUL. Negative: a fault, or it does not fit; the buffer is then "". */
static inline int32_t sluice_text(int32_t length, char *buffer, int32_t size) {
  if (length >= size) length = SLUICE_LIMIT;
  buffer[length < 0 ? 0 : length] = 0;
  return length;
}

/* The first value of a header. Negative when there is none, or not enough room. */
static inline int32_t sluice_header(int32_t request, int32_t kind, const char *name, char *buffer, int32_t size) {
  return sluice_text(sluice_field_get(request, kind, name, sluice_length(name), 0, buffer, size - 1), buffer, size);
}

/* Replaces all values of a header. 0 or a fault. */
static inline int32_t sluice_set_header(int32_t request, int32_t kind, const char *name, const char *value) {
  return sluice_field_set(request, kind, name, sluice_length(name), value, sluice_length(value), SLUICE_REPLACE);
}

static inline int32_t sluice_remove_header(int32_t request, int32_t kind, const char *name) {
  return sluice_field_set(request, kind, name, sluice_length(name), 0, 0, SLUICE_REMOVE);
}

static inline int32_t sluice_property(int32_t request, int32_t property, char *buffer, int32_t size) {
  return sluice_text(sluice_property_get(request, property, buffer, size - 1), buffer, size);
}

/* `return sluice_answer(request, 403, "{}");` */
static inline int32_t sluice_answer(int32_t request, int32_t status, const char *body) {
  return sluice_respond(request, status, body, sluice_length(body)) == 0 ? SLUICE_RESPOND : SLUICE_FAILED;
}

static inline void sluice_log(int32_t level, const char *message) {
  sluice_log_bytes(level, message, sluice_length(message));
}

/* `return sluice_fail("why");` In configure it refuses the config. */
static inline int32_t sluice_fail(const char *message) {
  sluice_fail_bytes(message, sluice_length(message));
  return SLUICE_FAILED;
}

/* Writes text behind what is in the buffer, as far as there is room; the buffer always ends with NUL. */
static inline void sluice_append(char *buffer, int32_t size, const char *text) {
  int32_t end = sluice_length(buffer);
  while (*text != 0 && end < size - 1) buffer[end++] = *text++;
  buffer[end] = 0;
}

static inline void sluice_append_number(char *buffer, int32_t size, int64_t number) {
  char digits[24];
  int32_t at = sizeof digits - 1;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  digits[at] = 0;
  do digits[--at] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (number < 0) digits[--at] = '-';
  sluice_append(buffer, size, digits + at);
}

/* ---- The config: JSON that the gateway has written, and checked by the manifest's schema ---- */

static inline const char *sluice_json_blank(const char *json) {
  while (*json != 0 && (unsigned char)*json <= ' ') json++;
  return json;
}

/* Behind a value. */
static inline const char *sluice_json_skip(const char *json) {
  int32_t depth = 0;
  for (; *json != 0; json++) {
    if (*json == '"') {
      for (json++; *json != 0 && *json != '"'; json++)
        if (*json == '\\' && json[1] != 0) json++;
      if (*json == 0) return json;
      if (depth == 0) return json + 1;
    } else if (*json == '{' || *json == '[') {
      depth++;
    } else if (*json == '}' || *json == ']') {
      if (depth == 0) return json;
      if (--depth == 0) return json + 1;
    } else if (depth == 0 && (*json == ',' || *json == ':' || (unsigned char)*json <= ' ')) {
      return json;
    }
  }
  return json;
}

/* The value of an object's member; NULL when there is none. */
static inline const char *sluice_json_member(const char *json, const char *name) {
  if (json == 0 || *json != '{') return 0;
  json = sluice_json_blank(json + 1);
  while (*json == '"') {
    const char *end = sluice_json_skip(json);
    const char *value = sluice_json_blank(sluice_json_blank(end) + 1);
    if (sluice_equals(json + 1, (int32_t)(end - json) - 2, name)) return value;
    json = sluice_json_blank(sluice_json_skip(value));
    if (*json == ',') json = sluice_json_blank(json + 1);
  }
  return 0;
}

/* The first or next item of an array: start with the array, go on with the item. NULL behind the last. */
static inline const char *sluice_json_item(const char *json, bool is_first) {
  if (json == 0 || (is_first && *json != '[')) return 0;
  json = sluice_json_blank(is_first ? json + 1 : sluice_json_skip(json));
  if (!is_first && *json == ',') json = sluice_json_blank(json + 1);
  return *json == ']' || *json == 0 ? 0 : json;
}

/* Copies a string. Negative when it is none, does not fit, or has an escape other than \" \\ and \/. */
static inline int32_t sluice_json_text(const char *json, char *buffer, int32_t size) {
  int32_t length = 0;
  buffer[0] = 0;
  if (json == 0 || *json != '"') return SLUICE_ABSENT;
  for (json++; *json != '"'; json++) {
    if (*json == 0 || length >= size - 1) return SLUICE_LIMIT;
    if (*json == '\\' && (*++json != '"' && *json != '\\' && *json != '/')) return SLUICE_BAD_VALUE;
    buffer[length++] = *json;
  }
  buffer[length] = 0;
  return length;
}

/* A whole number; the fallback when there is none. */
static inline int64_t sluice_json_number(const char *json, int64_t fallback) {
  if (json == 0) return fallback;
  bool is_negative = *json == '-';
  if (is_negative) json++;
  if (*json < '0' || *json > '9') return fallback;
  int64_t number = 0;
  for (; *json >= '0' && *json <= '9'; json++) number = number * 10 + (*json - '0');
  return is_negative ? -number : number;
}

static inline bool sluice_json_flag(const char *json, bool fallback) {
  if (json == 0 || (*json != 't' && *json != 'f')) return fallback;
  return *json == 't';
}

#endif
