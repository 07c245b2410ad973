// The ABI's host functions as its specification has them, stated here once more: a change there must show here.

/**
 * Parameters: `r` request, `c` config, `t` pointer and length of what the host reads, `b` pointer and limit of what it
 * writes, `i` i32, `f` f64. Results: `i`, `f`, `v` for none.
 */
const FUNCTIONS = {
  field_get: "ritib:i",
  fields_get: "ritb:i",
  field_names: "rib:i",
  field_set: "ritti:i",
  fields_set: "riti:i",
  fields_fill: "riti:i",
  property_get: "rib:i",
  property_set: "rit:i",
  number_get: "ri:f",
  number_set: "rif:i",
  query_get: "rtib:i",
  query_set: "rtti:i",
  respond: "rit:i",
  chunk_get: "rb:i",
  chunk_set: "rt:i",
  body_read: "rii:i",
  body_set: "rit:i",
  body_skip: "ri:i",
  response_encode: "rii:i",
  credential_find: "rtt:i",
  credential_get: "rib:i",
  consumer_find: "rt:i",
  consumer_find_by: "rit:i",
  consumer_get: "rib:i",
  authenticate: "rii:i",
  authenticate_by: "rit:i",
  remember: "rf:i",
  record_get: "rb:i",
  record_append: "rti:i",
  config_get: "cb:i",
  store_get: "tb:i",
  store_set: "ttf:i",
  store_delete: "t:i",
  store_increment: "tff:f",
  store_compare_and_set: "tttf:i",
  quota_open: "t:i",
  quota_take: "ritf:i",
  shared_get: "rtb:i",
  shared_set: "rtt:i",
  secret_get: "rtb:i",
  digest: "itb:i",
  hmac: "ittb:i",
  bytes_equal: "tt:i",
  jwt_verify: "tttb:i",
  jwt_sign: "tttb:i",
  metric_record: "ift:i",
  span_start: "rit:i",
  span_set: "ritt:i",
  span_end: "rii:i",
  trace_get: "rb:i",
  file_append: "tti:i",
  sink_open: "t:i",
  sink_append: "rit:i",
  log: "it:v",
  log_fields: "itt:v",
  now_ms: ":f",
  random_bytes: "b:i",
  random_number: ":f",
  deadline_reached: ":i",
  fail: "t:v",
  settle: "ri:i",
  result_read: "iiib:i",
  timer_start: "fi:i",
  timer_stop: "i:i",
  fetch: "rtt:i",
  redis_open: "t:i",
  redis_call: "ritt:i",
  url_parse: "ttb:i",
  url_set: "titb:i",
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES: readonly FunctionName[] = Object.keys(FUNCTIONS) as FunctionName[]; // Its own keys.

/** WebAssembly types of the parameters. */
export function parametersOf(name: FunctionName): string[] {
  return kindsOf(name).flatMap((kind) =>
    kind === "f" ? ["f64"] : kind === "t" || kind === "b" ? ["i32", "i32"] : ["i32"],
  );
}

export function kindsOf(name: FunctionName): string[] {
  return (FUNCTIONS[name].split(":")[0] ?? "").split("");
}

export function resultOf(name: FunctionName): string {
  return FUNCTIONS[name].split(":")[1] ?? "";
}
