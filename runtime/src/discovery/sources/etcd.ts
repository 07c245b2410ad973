// etcd's JSON gateway: the keys under a prefix, one for each instance, and a watch from that revision on. Leases make keys
// of instances that died go by themselves.
import { z } from "zod";
import { detailOf } from "../../errors.ts";
import { fault, jsonLinesOf, jsonOf } from "../http.ts";
import type { RegistryRequest } from "../http.ts";
import { readAuthorities } from "../read-text.ts";
import { source } from "../source.ts";
import type { Listener, ListedTarget, Source } from "../source.ts";
import { filePath, name, serverOf, servers, timeout, urlAt } from "./fields.ts";
import { listedTarget } from "./listed.ts";

interface EtcdFields {
  readonly servers: readonly string[];
  readonly prefix: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly timeout: number;
  readonly ca_file?: string | undefined;
}

const schema: z.ZodType<EtcdFields> = z.strictObject({
  servers: servers("http://127.0.0.1:2379"),
  prefix: name,
  user: name.optional(),
  password: name.optional(),
  timeout,
  ca_file: filePath.optional(),
});

/** A watch that says nothing for so long may have lost its other end: it begins anew, with a whole list. */
const QUIET_MS = 60_000;
const MAX_KEYS = 10_000;

const keyValue = z.object({ key: z.string(), value: z.string().optional() });
const rangeSchema = z.object({
  // 64-bit numbers are texts in this JSON.
  header: z.object({ revision: z.string() }),
  kvs: z.array(keyValue).optional(),
});
const watchSchema = z.object({
  result: z.object({
    canceled: z.boolean().optional(),
    compact_revision: z.string().optional(),
    // What is 0 is left out, PUT too.
    events: z.array(z.object({ type: z.string().optional(), kv: keyValue })).optional(),
  }),
});
const tokenSchema = z.object({ token: z.string() });

export const etcdSource: Source = source<EtcdFields>({
  type: "etcd",
  schema,
  watch: watchPrefix,
});

async function watchPrefix(fields: EtcdFields, listener: Listener): Promise<void> {
  const etcd = await connectTo(fields, listener);
  const range = { key: base64(fields.prefix), range_end: base64(endOf(fields.prefix)) };
  const request = etcd("/v3/kv/range", { ...range, limit: String(MAX_KEYS) });
  const answer = rangeSchema.safeParse((await jsonOf(request))?.value);
  if (!answer.success) throw fault(request, "expected the keys of a range");
  const keys = new Map<string, string>();
  for (const { key, value = "" } of answer.data.kvs ?? []) keys.set(key, value);
  tell(keys, listener);
  const create = {
    ...range,
    // From the list's own revision on: a compaction at the next one drops a deletion that it is, and a watch that begins
    // there would never hear of it; one that begins before it is told to start anew.
    start_revision: answer.data.header.revision,
    progress_notify: true,
  };
  const watching = { ...etcd("/v3/watch", { create_request: create }), quietMs: QUIET_MS };
  for await (const line of jsonLinesOf(watching)) {
    const parsed = watchSchema.safeParse(line);
    if (!parsed.success) throw fault(watching, "expected the events of a watch");
    const { canceled, events = [] } = parsed.data.result;
    // Compacted: what has happened since is not known any more, so the list is wanted anew.
    if (canceled === true) return;
    for (const { type, kv } of events) {
      if (type === "DELETE") keys.delete(kv.key);
      else keys.set(kv.key, kv.value ?? "");
    }
    if (events.length > 0) tell(keys, listener);
    else listener.onAlive();
  }
}

type Asking = (path: string, body: unknown) => RegistryRequest;

async function connectTo(
  { servers: all, user, password, timeout: seconds, ...fields }: EtcdFields,
  listener: Listener,
): Promise<Asking> {
  const { attempt, signal } = listener;
  const server = serverOf(all, attempt);
  const ca = await readAuthorities(fields, listener);
  const requestWith =
    (headers: Readonly<Record<string, string>>): Asking =>
    (path, body) => ({
      url: urlAt(server, path),
      method: "POST",
      headers,
      body: JSON.stringify(body),
      ca,
      timeoutMs: seconds * 1000,
      signal,
    });
  if (user === undefined) return requestWith({});
  const request = requestWith({})("/v3/auth/authenticate", { name: user, password });
  const answer = tokenSchema.safeParse((await jsonOf(request))?.value);
  if (!answer.success) throw fault(request, "expected a token");
  return requestWith({ Authorization: answer.data.token });
}

function tell(keys: ReadonlyMap<string, string>, listener: Listener): void {
  const faults: string[] = [];
  const targets: ListedTarget[] = [];
  for (const [key, value] of keys) {
    try {
      targets.push(listedTarget(valueOf(Buffer.from(value, "base64").toString("utf8"))));
    } catch (error) {
      const shown = JSON.stringify(Buffer.from(key, "base64").toString("utf8").slice(0, 200));
      faults.push(`key ${shown}: ${detailOf(error)}`);
    }
  }
  listener.onTargets(targets);
  const [first] = faults;
  if (first !== undefined) {
    listener.onFault(faults.length === 1 ? first : `${first}, and ${faults.length - 1} more`);
  }
}

/** JSON, or a text that is none: "host:port". */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/** The first key that does not begin with the prefix any more. */
function endOf(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  // UTF-8 has no byte 255.
  bytes.writeUInt8(bytes.readUInt8(last) + 1, last);
  return bytes;
}

function base64(value: string | Buffer): string {
  return Buffer.from(value as Buffer).toString("base64");
}
