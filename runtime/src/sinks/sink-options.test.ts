import assert from "node:assert/strict";
import { test } from "node:test";
import { readSinkOptions } from "./sink-options.ts";

test("options have Kong's defaults", () => {
  const options = readSinkOptions('{"to":"udp","host":"a.test","port":9}');
  assert.deepEqual(options?.queue, {
    max_batch_size: 1,
    max_coalescing_delay: 1,
    max_entries: 10_000,
    max_bytes: 67_108_864,
    max_retry_time: 60,
    initial_retry_delay: 0.01,
    max_retry_delay: 60,
    concurrency_limit: 1,
    dead_letter_max_bytes: 104_857_600,
  });
});

test("options that are none are refused", () => {
  const refused = [
    "",
    "{}",
    '{"to":"ftp"}',
    '{"to":"http","url":"http://a","method":"GET"}',
    '{"to":"http","url":"http://a","queue":{"max_batch_size":0}}',
    '{"to":"http","url":"http://a","queue":{"concurrency_limit":2}}',
    '{"to":"tcp","host":"a","port":0}',
    '{"to":"udp","host":"a","port":1,"packetBytes":70000}',
    '{"to":"file","path":""}',
    '{"to":"file","path":"/a","other":1}',
  ];
  for (const json of refused) assert.equal(readSinkOptions(json), undefined, json);
});
