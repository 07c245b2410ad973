// Cookies by which a client finds its target again.
import type { Exchange } from "../../exchange.ts";
import { fieldName } from "../../http1/field-name.ts";
import type { Fields } from "../../http1/fields.ts";
import type { CookieConfig } from "../../config/upstream-model.ts";

const SET_COOKIE = fieldName("Set-Cookie");

/** The cookie's value in the request, or the one that its response is going to set; undefined when it is empty, too. */
export function cookieOf(exchange: Exchange, name: string): string | undefined {
  return cookieToSet(exchange, name) ?? cookieSent(exchange.requestFields, name);
}

/** Has the response set the cookie; it replaces what an earlier try has set. */
export function setCookie(exchange: Exchange, { name, path }: CookieConfig, value: string): void {
  const edits = (exchange.responseEdits ??= []);
  const edit = {
    kind: "add",
    name: SET_COOKIE,
    value: `${name}=${value}; Path=${path}; HttpOnly`,
  } as const;
  const earlier = edits.findIndex((each) => each.name === SET_COOKIE && isOf(each.value, name));
  if (earlier < 0) edits.push(edit);
  else edits[earlier] = edit;
}

function cookieToSet({ responseEdits }: Exchange, name: string): string | undefined {
  const edit = responseEdits?.find((each) => each.name === SET_COOKIE && isOf(each.value, name));
  return edit?.value.slice(name.length + 1, edit.value.indexOf(";"));
}

function isOf(text: string, name: string): boolean {
  return text.startsWith(name) && text.charAt(name.length) === "=";
}

/** RFC 6265 §5.4: pairs with `; ` between; of several with the name the first counts. */
function cookieSent(fields: Fields, name: string): string | undefined {
  for (let at = 0; at < fields.length; at++) {
    if (fields.names[at]?.lower !== "cookie") continue;
    const value = pairValue(fields.values[at] ?? "", name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function pairValue(cookies: string, name: string): string | undefined {
  let start = 0;
  while (start < cookies.length) {
    const semicolon = cookies.indexOf(";", start);
    const end = semicolon < 0 ? cookies.length : semicolon;
    while (cookies.charAt(start) === " ") start++;
    if (cookies.startsWith(name, start) && cookies.charAt(start + name.length) === "=") {
      const value = cookies.slice(start + name.length + 1, end).trimEnd();
      return value === "" ? undefined : value;
    }
    start = end + 1;
  }
  return undefined;
}
