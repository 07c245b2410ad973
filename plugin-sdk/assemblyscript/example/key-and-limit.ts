// A policy in AssemblyScript: asks for an API key and counts its requests in windows of one minute.
import {
  Config,
  Entries,
  Request,
  Response,
  Verdict,
  fail,
  nowMs,
  sluice_abi_version,
  store,
} from "@sluice/plugin-sdk/assemblyscript";

export { sluice_abi_version };

const WINDOW_MS: f64 = 60_000;

class Settings {
  constructor(
    readonly id: string,
    readonly header: string,
    readonly keys: Set<string>,
    readonly minute: f64,
  ) {}
}

const entries = new Entries<Settings>();

export function sluice_configure(entry: i32): i32 {
  const config = new Config(entry);
  const keys = new Set<string>();
  const listed = config.texts("keys");
  for (let index = 0; index < listed.length; index++) keys.add(listed[index]);
  if (keys.size === 0) return fail("keys: expected at least one");
  const header = config.text("header", "x-api-key");
  entries.set(entry, new Settings(config.id, header, keys, config.number("minute", 60)));
  return Verdict.Continue;
}

export function sluice_access(handle: i32, entry: i32): i32 {
  const settings = entries.get(entry);
  const request = new Request(handle);
  const response = new Response(handle);
  const key = request.header(settings.header);
  if (key === null || !settings.keys.has(key)) return refuse(request, response, 401, "No API key");

  const window = Math.floor(nowMs() / WINDOW_MS);
  const used = store.increment(`${settings.id}:${key}:${<i64>window}`, 1, WINDOW_MS);
  const remaining = max(settings.minute - used, 0);
  response.setHeader("RateLimit-Limit", (<i64>settings.minute).toString());
  response.setHeader("RateLimit-Remaining", (<i64>remaining).toString());
  if (used > settings.minute) return refuse(request, response, 429, "Too many requests");

  // The upstream must not see it.
  request.removeHeader(settings.header);
  return Verdict.Continue;
}

function refuse(request: Request, response: Response, status: i32, message: string): i32 {
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  return request.respond(status, `{"message":"${message}","request_id":"${request.id}"}`);
}
