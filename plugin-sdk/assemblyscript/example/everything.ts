// Uses all of the library, so that a test sees that all of it compiles. No policy to start from.
import * as host from "@sluice/plugin-sdk/assemblyscript/host";
import {
  Config,
  Entries,
  Fault,
  FieldKind,
  HashAlgorithm,
  LogLevel,
  NumberProperty,
  Property,
  Request,
  Response,
  SERIAL,
  Span,
  UUID,
  Verdict,
  body,
  consumers,
  crypto,
  fetch,
  log,
  nowMs,
  openQuota,
  quotaPlaceholder,
  randomBytes,
  randomNumber,
  recordMetric,
  resultBytes,
  resultText,
  settle,
  shared,
  sluice_abi_version,
  startTimer,
  stopTimer,
  store,
  takeFromQuota,
} from "@sluice/plugin-sdk/assemblyscript";

export { sluice_abi_version };

const ids = new Entries<string>();
const quotas = new Entries<i32>();
/** Request handles by the call that they wait for. */
const waiting = new Map<i32, i32>();
let chunkCount: i32 = 0;

export function sluice_configure(entry: i32): i32 {
  const config = new Config(entry);
  ids.set(entry, config.id);
  quotas.set(entry, openQuota(`{"name":"","limits":{"year":1000},"sliding":false}`));
  log(`${config.flag("on")} ${config.text("text")} ${config.texts("list").join("+")} ${config.number("number")}`);
  return Verdict.Continue;
}

export function sluice_access(handle: i32, entry: i32): i32 {
  const request = new Request(handle);
  const response = new Response(handle);
  const span = new Span(handle, "access");
  span.set("path", request.path);
  response.setHeader("X-Headers", request.headers("x-many").join("|"));
  response.setHeader("X-Names", request.headerNames().length.toString());
  response.setHeader("X-Text", `${request.method} ${request.host} ${request.query}`);
  response.addHeader("X-Arg", request.queryArg("q") || "none");
  response.addHeader("X-Arg", request.queryArg("q", 1) || "none");
  request.setQueryArg("q", "\u00e9 x");
  request.addQueryArg("added", "1");
  request.removeQueryArg("gone");
  request.setProperty(Property.Method, "PUT");
  const denied = request.setHeader("Host", "x") === Fault.Denied;
  const isNumber = request.number(NumberProperty.ClientPort) > 0;
  const isIdSame = (request.property(Property.RequestId) || "none") === request.id;
  response.setHeader("X-Checks", `${denied} ${isNumber} ${isIdSame} ${request.hasHeader("x-many")}`);
  const key = ids.get(entry);
  store.set(key, "one");
  const isSwapped = store.compareAndSet(key, "one", "two") && !store.compareAndSet(key, null, "x");
  response.setHeader("X-Store", `${isSwapped} ${store.get(key) || "none"} ${store.remove(key)} ${store.increment(key)}`);
  const quota = quotas.get(entry);
  const isTaken = takeFromQuota(handle, quota, "all", 2) === 1;
  const year = quotaPlaceholder(quota, "year", "limit");
  response.fillHeader("X-Quota", `${isTaken} ${takeFromQuota(handle, quota, "one", 1001)} ${year}`);
  request.fillHeader("X-Filled", `${UUID}#${SERIAL}`);
  shared.set(handle, "a", "b");
  response.setHeader("X-Shared", shared.get(handle, "a") || "none");
  shared.remove(handle, "a");
  const bytes = Uint8Array.wrap(String.UTF8.encode("abc"));
  const hash = crypto.digest(HashAlgorithm.Sha256, bytes);
  const mac = crypto.hmac(HashAlgorithm.Sha256, bytes, bytes);
  const isEqual = crypto.equal(hash, hash) && !crypto.equal(hash, mac);
  response.setHeader("X-Crypto", `${hash.length > 0 ? hash[0] : 0} ${mac.length} ${isEqual} ${randomBytes(5).length}`);
  const token = crypto.jwtSign("{}", `{"secret":"${"k".repeat(40)}"}`, `{"algorithm":"HS256"}`) || "none";
  response.setHeader("X-Token", token.includes("token") ? "signed" : token);
  const verified = crypto.jwtVerify("x", `{"secret":"k"}`, `{"algorithms":["HS256"]}`) || "none";
  response.setHeader("X-Verified", verified.includes("false") ? "refused" : verified);
  const consumer = consumers.find(handle, "nobody");
  const credential = consumers.credential(handle, "keyauth_credentials", "none");
  if (credential >= 0) consumers.authenticate(handle, credential);
  if (consumer >= 0) consumers.anonymous(handle, consumer);
  if (crypto.secret(handle, "vault://env/none") !== null) log("a secret", LogLevel.Warn);
  recordMetric(0, 1);
  span.end();
  if (randomNumber() >= 1 || nowMs() < 0) return Verdict.Failed;
  if (request.path === "/answer") return request.respond(418, "tea");
  if (request.path === "/fetch") return wait(handle, fetch(handle, `{"url":"http://127.0.0.1:1/"}`));
  if (request.path === "/body") return wait(handle, body.read(handle, FieldKind.Request, 1000));
  if (request.path === "/timer") {
    stopTimer(startTimer(60_000, true));
    return wait(handle, startTimer(1));
  }
  body.skip(handle, FieldKind.Request);
  return Verdict.Continue;
}

function wait(request: i32, call: i32): i32 {
  if (call < 0) {
    new Response(request).setHeader("X-Resumed", `fault ${call}`);
    return Verdict.Continue;
  }
  waiting.set(call, request);
  return Verdict.Pending;
}

export function sluice_resume(call: i32, result: i32): i32 {
  const request = waiting.get(call);
  waiting.delete(call);
  const came = `${result} ${resultText(call).length > 0} ${resultBytes(call).length}`;
  if (result > 0) body.set(request, FieldKind.Request, resultBytes(call).reverse());
  new Response(request).setHeader("X-Resumed", came);
  settle(request, Verdict.Continue);
  return 0;
}

export function sluice_body_filter(request: i32, entry: i32, length: i32, isLast: i32): i32 {
  chunkCount++;
  body.setChunk(request, body.chunk(request, length).reverse());
  return Verdict.Continue;
}

export function sluice_header_filter(handle: i32, entry: i32): i32 {
  const response = new Response(handle);
  if (response.status === 200) response.setStatus(203);
  response.removeHeader("Server");
  return Verdict.Continue;
}

export function sluice_log(request: i32, entry: i32): i32 {
  log(`trace of ${host.trace_get(request, 0, 0) > 0} ${host.record_get(request, 0, 0) > 0} ${chunkCount > 0}`);
  return Verdict.Continue;
}
