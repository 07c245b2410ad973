// What a plugin entry says of its sandbox: limits, grants, order and where its module comes from.
import { z } from "zod";
import { parseHostGrant } from "./host-grant.ts";
import { secretReference } from "../../secrets/reference.ts";
import { integerBetween, text } from "./fields.ts";

/** At most a minute: a longer call would look like a gateway that stands still. */
const callMs = integerBetween(1, 60_000);
const requestMs = integerBetween(1, 600_000);
const memoryMb = integerBetween(1, 1024);

export interface LimitsFields {
  readonly call_ms?: number | undefined;
  readonly request_ms?: number | undefined;
  readonly memory_mb?: number | undefined;
}

export const limitsSchema: z.ZodType<LimitsFields> = z.strictObject({
  call_ms: callMs.optional(),
  request_ms: requestMs.optional(),
  memory_mb: memoryMb.optional(),
});

const fetchHost = text(
  'a host name, "*.suffix" or an address, each with or without a port',
  (value) => parseHostGrant(value) !== undefined,
);
const target = text("a host name or address and its port", (value) => {
  const grant = parseHostGrant(value);
  return grant?.port !== undefined && !grant.isSuffix;
});
const namespace = text("a name of letters, digits and . - _", (value) => /^[\w.-]+$/.test(value));
const secret = text(
  'a reference like "vault://env/name"',
  (value) => secretReference(`{${value}}`)?.kind === "reference",
);

export interface GrantsFields {
  readonly fetch: readonly string[];
  readonly private_addresses: boolean;
  readonly targets: readonly string[];
  readonly store: readonly string[];
  readonly secrets: readonly string[];
  readonly consumers: boolean;
}

export const grantsSchema: z.ZodType<GrantsFields> = z.strictObject({
  fetch: z.array(fetchHost).default([]),
  private_addresses: z.boolean().default(false),
  targets: z.array(target).default([]),
  store: z.array(namespace).default([]),
  secrets: z.array(secret).default([]),
  consumers: z.boolean().default(false),
});

interface AccessFields {
  readonly access: readonly string[];
}

export interface OrderingFields {
  readonly before: AccessFields;
  readonly after: AccessFields;
}

const accessOrder = z.strictObject({ access: z.array(z.string().min(1)).default([]) });

/** Kong's. */
export const orderingSchema: z.ZodType<OrderingFields> = z.strictObject({
  before: accessOrder.prefault({}),
  after: accessOrder.prefault({}),
});

export interface WasmFields {
  readonly url: string;
  readonly sha256: string;
  readonly signature?: string | undefined;
}

/** 64 bytes. */
const ED25519_SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

export const wasmSchema: z.ZodType<WasmFields> = z.strictObject({
  url: z.string().min(1),
  sha256: text("the SHA-256 of the file: 64 hexadecimal digits", (value) =>
    /^[0-9a-f]{64}$/i.test(value),
  ),
  signature: text("an Ed25519 signature: 64 bytes as base64", (value) =>
    ED25519_SIGNATURE.test(value),
  ).optional(),
});
