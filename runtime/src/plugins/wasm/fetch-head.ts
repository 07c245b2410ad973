// The head of a plugin's fetch: JSON that only its shape is checked of here.
import { DEFAULT_MAX_BYTES, DEFAULT_TIMEOUT_MS } from "../../outbound/outbound-request.ts";
import type {
  OutboundField,
  OutboundRequest,
  RedirectMode,
} from "../../outbound/outbound-request.ts";

export type FetchHead = Omit<OutboundRequest, "body">;

/** `{"url", "method", "headers", "timeout_ms", "redirect", "max_bytes"}`; undefined for anything else. */
export function readFetchHead(json: string): FetchHead | undefined {
  let head: unknown;
  try {
    head = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(head)) return undefined;
  const url = head["url"];
  const { method = "GET", headers = [], redirect = "follow" } = head;
  const { timeout_ms: timeoutMs = DEFAULT_TIMEOUT_MS, max_bytes: maxBytes = DEFAULT_MAX_BYTES } =
    head;
  if (typeof url !== "string" || typeof method !== "string" || !isRedirectMode(redirect)) {
    return undefined;
  }
  if (!isFields(headers) || typeof timeoutMs !== "number" || typeof maxBytes !== "number") {
    return undefined;
  }
  return { url, method: method.toUpperCase(), headers, timeoutMs, redirect, maxBytes };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isRedirectMode(value: unknown): value is RedirectMode {
  return value === "follow" || value === "manual" || value === "error";
}

function isFields(value: unknown): value is OutboundField[] {
  return (
    Array.isArray(value) &&
    value.every(
      (field: unknown) =>
        Array.isArray(field) &&
        field.length === 2 &&
        field.every((part: unknown) => typeof part === "string"),
    )
  );
}
