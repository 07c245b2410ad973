// Kong's route.
import { z } from "zod";
import { compileValuePattern } from "../../routing/pattern/pattern.ts";
import { bulkheadSchema } from "./bounds.ts";
import type { BulkheadFields } from "./bounds.ts";
import { encodedCharactersSchema } from "./encoded-characters.ts";
import type { EncodedCharactersFields } from "./encoded-characters.ts";
import { fallbackSchema } from "./fallback.ts";
import type { FallbackFields } from "./fallback.ts";
import {
  commonFields,
  entityName,
  integerBetween,
  isHostname,
  isHost,
  isPort,
  readElsewhere,
  text,
  timeoutMs,
} from "./fields.ts";
import type { CommonFields } from "./fields.ts";
import { notYet, notYetFields } from "./not-yet.ts";
import { patternFault, routePathFault } from "./paths.ts";
import type { FormatVersion } from "./root.ts";
import { triesFields } from "./tries.ts";
import type { TriesFields } from "./tries.ts";

const PORT = /:(\d+)$/;

function isRouteHost(host: string): boolean {
  const port = PORT.exec(host)?.[1];
  if (port !== undefined && !isPort(Number(port))) return false;
  const name = host.replace(PORT, "");
  if (!name.includes("*")) return isHost(name);
  return isHostname(name.replace(/^\*\.|\.\*$/, ""));
}

const host = text('a host name, "*.name" or "name.*", each with or without a port', isRouteHost);
const method = text("a method in upper case", (value) => /^[A-Z][A-Z-]*$/.test(value));

// Before 3.0 a path was a regular expression when it had any character besides these.
const FIXED_PATH_BEFORE_3 = /^[a-zA-Z0-9.\-_~/%]*$/;

/** The path as format version 3.0 would have it. */
export function upgradePath(path: string, version: FormatVersion): string {
  return version === "3.0" || FIXED_PATH_BEFORE_3.test(path) ? path : `~${path}`;
}

function routePath(version: FormatVersion): z.ZodString {
  return z.string().superRefine((path, context) => {
    const message = routePathFault(upgradePath(path, version));
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

const headers = z
  .record(z.string(), z.array(z.string().min(1)).min(1))
  .superRefine((all, context) => {
    const seen = new Set<string>();
    for (const [name, values] of Object.entries(all)) {
      const lower = name.toLowerCase();
      const add = (message: string, ...rest: readonly number[]): void =>
        context.addIssue({ code: "custom", message, path: [name, ...rest] });
      if (!FIELD_NAME.test(name)) add("expected the name of a header");
      if (lower === "host") add("expected hosts instead of the header host");
      if (seen.has(lower)) add("this header was given before: names are case-insensitive");
      seen.add(lower);
      for (const [index, value] of values.entries()) {
        if (!value.startsWith("~*")) continue;
        const fault = patternFault(() => compileValuePattern(value.slice(2)));
        if (fault !== undefined) add(fault, index);
      }
    }
  });

// Requests come by http only so far, whatever else the route would take; https alone would never match.
const PROTOCOLS: ReadonlySet<string> = new Set(["http", "https"]);
const protocols = z
  .array(z.string())
  .refine((all) => all.includes("http") && all.every((each) => PROTOCOLS.has(each)), {
    error: 'only http is supported by this version: expected ["http", "https"] or ["http"]',
  });

const HOP_OR_FRAMING = /^(?:connection|content-length|trailer|transfer-encoding|upgrade)$/i;
const removableHeader = text(
  "the name of a header, none that says where the response ends",
  (name) => FIELD_NAME.test(name) && !HOP_OR_FRAMING.test(name),
);

const pluginOrder = z.array(z.string().min(1)).superRefine((names, context) => {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    context.addIssue({ code: "custom", message: "expected each plugin once", path: [index] });
  }
});

export interface RouteFields extends CommonFields, TriesFields {
  readonly name?: string | undefined;
  readonly hosts: readonly string[];
  /** As they were written: {@link upgradePath} makes them those of 3.0. */
  readonly paths: readonly string[];
  readonly methods: readonly string[];
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly strip_path: boolean;
  readonly preserve_host: boolean;
  readonly regex_priority: number;
  readonly timeout?: number | undefined;
  readonly encoded_characters: EncodedCharactersFields;
  readonly response_headers_to_remove: readonly string[];
  readonly fallback?: FallbackFields | undefined;
  readonly bulkhead?: BulkheadFields | undefined;
  readonly plugin_order: readonly string[];
}

/** What a path means depends on the format version. */
export function routeSchema(version: FormatVersion): z.ZodType<RouteFields> {
  return z.strictObject({
    ...commonFields,
    name: entityName.optional(),
    service: readElsewhere,
    protocols: protocols.optional(),
    hosts: z.array(host).default([]),
    paths: z.array(routePath(version)).default([]),
    methods: z.array(method).default([]),
    headers: headers.default({}),
    strip_path: z.boolean().default(true),
    preserve_host: z.boolean().default(false),
    regex_priority: integerBetween(0, 4_294_967_295).default(0),
    timeout: timeoutMs.optional(),
    encoded_characters: encodedCharactersSchema.prefault({}),
    response_headers_to_remove: z.array(removableHeader).default([]),
    fallback: fallbackSchema,
    bulkhead: bulkheadSchema,
    plugin_order: pluginOrder.default([]),
    path_handling: notYet("path_handling", "v0"),
    https_redirect_status_code: notYet("https_redirect_status_code", 426),
    // Bodies are streamed whatever these say; in Kong they are about nginx's temporary files.
    request_buffering: z.boolean().optional(),
    response_buffering: z.boolean().optional(),
    ...triesFields,
    ...notYetFields({
      snis: [],
      sources: [],
      destinations: [],
      expression: [],
      priority: [],
    }),
  });
}
