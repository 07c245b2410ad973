// What an Extism plugin says, as JSON (plugin-sdk/EXTISM.md), and what that changes. It is checked like the calls of
// the ABI, and all of it before any of it counts.
import { FieldKind, Property, SetMode } from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import * as z from "zod";
import type { Exchange } from "../../exchange.ts";
import { TOKEN_CHARACTERS, consistsOf } from "../../http1/characters.ts";
import { fieldName } from "../../http1/field-name.ts";
import type { FieldName } from "../../http1/field-name.ts";
import { CONTINUE, RESPOND } from "../plugin.ts";
import type { SettledVerdict } from "../plugin.ts";
import { change, changeable, hasRoom, refusalOf } from "../wasm/field-functions.ts";
import { hasNoBody, isFinalStatus, setProperty } from "../wasm/property-functions.ts";

/** Bytes. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

const pairs = z.array(z.tuple([z.string(), z.string()]));
const headers = z.strictObject({
  set: pairs.optional(),
  add: pairs.optional(),
  remove: z.array(z.string()).optional(),
});
const accessSchema = z.strictObject({
  request: z
    .strictObject({
      method: z.string().optional(),
      path: z.string().optional(),
      query: z.string().optional(),
      headers: headers.optional(),
    })
    .optional(),
  response: z.strictObject({ headers: headers.optional() }).optional(),
  respond: z
    .strictObject({
      status: z.int().refine(isFinalStatus, "expected 200 to 599"),
      headers: pairs.optional(),
      body: z.string().optional(),
    })
    .optional(),
});
const headerFilterSchema = z.strictObject({
  response: z.strictObject({ status: z.int().optional(), headers: headers.optional() }).optional(),
});

/** Why an output is not taken; the message is one line. */
export class BadOutput extends Error {
  constructor(reason: string) {
    super(`its output: ${reason}`);
    this.name = "BadOutput";
  }
}

/** Makes the changes that the output asks for. Throws {@link BadOutput}, and then nothing has changed. */
export function applyOutput(
  phase: Phase,
  exchange: Exchange,
  output: Uint8Array | undefined,
): SettledVerdict {
  // There is nothing left to change.
  if (output === undefined || output.length === 0 || phase === "log") return CONTINUE;
  if (output.length > MAX_OUTPUT_BYTES) throw new BadOutput(`more than ${MAX_OUTPUT_BYTES} bytes`);
  const json = parseJson(output);
  if (phase === "access") return applyAccess(exchange, check(accessSchema, json));
  applyHeaderFilter(exchange, check(headerFilterSchema, json));
  return CONTINUE;
}

function parseJson(output: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(output));
  } catch {
    throw new BadOutput("no JSON in UTF-8");
  }
}

function check<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BadOutput(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`);
}

function applyAccess(
  exchange: Exchange,
  { request, response, respond }: z.infer<typeof accessSchema>,
): SettledVerdict {
  const changes = [
    ...fieldChanges("request.headers", FieldKind.request, request?.headers),
    ...fieldChanges("response.headers", FieldKind.response, response?.headers),
    ...fieldChanges("respond.headers", FieldKind.response, { set: respond?.headers }),
  ];
  checkRoom("access", exchange, changes);
  applyProperties(exchange, request);
  applyFields("access", exchange, changes);
  if (respond === undefined) return CONTINUE;
  exchange.status = respond.status;
  exchange.responseBody = respond.body ?? "";
  return RESPOND;
}

function applyHeaderFilter(
  exchange: Exchange,
  { response }: z.infer<typeof headerFilterSchema>,
): void {
  const changes = fieldChanges("response.headers", FieldKind.response, response?.headers);
  checkRoom("header_filter", exchange, changes);
  const status = response?.status;
  if (status !== undefined && status !== exchange.status) {
    // As for the ABI's number_set: how the body is framed is decided.
    const isOpen = exchange.status !== 101 && hasNoBody(status) === hasNoBody(exchange.status);
    if (!isFinalStatus(status) || !isOpen) {
      throw new BadOutput(`response.status: ${status} cannot stand for ${exchange.status}`);
    }
    exchange.status = status;
    exchange.reason = "";
  }
  applyFields("header_filter", exchange, changes);
}

interface FieldChange {
  readonly kind: number;
  readonly name: FieldName;
  readonly value: string;
  readonly mode: number;
}

function fieldChanges(
  where: string,
  kind: number,
  asked: z.infer<typeof headers> | { set: [string, string][] | undefined } | undefined,
): FieldChange[] {
  const { set = [], add = [], remove = [] }: z.infer<typeof headers> = asked ?? {};
  const one = (text: string, value: string, mode: number): FieldChange => {
    // Before a name is made of it: what is not latin-1 would become another name.
    const name = consistsOf(text, TOKEN_CHARACTERS) ? fieldName(text) : undefined;
    if (name === undefined || refusalOf(name, value) !== undefined) {
      throw new BadOutput(`${where}: ${JSON.stringify(text.slice(0, 80))} or its value is refused`);
    }
    return { kind, name, value, mode };
  };
  return [
    ...remove.map((name) => one(name, "", SetMode.remove)),
    ...set.map(([name, value]) => one(name, value, SetMode.replace)),
    ...add.map(([name, value]) => one(name, value, SetMode.add)),
  ];
}

function checkRoom(phase: Phase, exchange: Exchange, changes: readonly FieldChange[]): void {
  for (const kind of [FieldKind.request, FieldKind.response]) {
    const count = changes.filter((each) => each.kind === kind).length;
    const changed = count === 0 ? undefined : changeable(exchange, phase, kind);
    if (changed !== undefined && !hasRoom(changed, SetMode.add, count)) {
      throw new BadOutput("too many header fields");
    }
  }
}

function applyFields(phase: Phase, exchange: Exchange, changes: readonly FieldChange[]): void {
  for (const { kind, name, value, mode } of changes) {
    const changed = changeable(exchange, phase, kind);
    if (changed !== undefined) change(changed, name, value, mode);
  }
}

/** The request's properties, all or none. */
function applyProperties(
  exchange: Exchange,
  asked: z.infer<typeof accessSchema>["request"] = {},
): void {
  const { method, pathOverride, query } = exchange;
  for (const name of ["method", "path", "query"] as const) {
    const value = asked[name];
    if (value === undefined || setProperty(exchange, Property[name], value) === 0) continue;
    exchange.method = method;
    exchange.pathOverride = pathOverride;
    exchange.query = query;
    throw new BadOutput(`request.${name}: ${JSON.stringify(value.slice(0, 80))} is refused`);
  }
}
