// Fields that several registries have.
import { z } from "zod";
import { isHost, isPort, text } from "../../config/schema/fields.ts";

/** Of one server: a credential in it would be shown in every error. */
export const serverUrl: z.ZodString = text(
  'a URL like "http://host:port" (no user, query or fragment)',
  isServerUrl,
);

/** Servers of one registry, of which one is asked at a time. */
export function servers(fallback: string): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z.array(serverUrl).min(1).default([fallback]);
}

function isServerUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return false;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

export const name: z.ZodString = text(
  "a name that is not empty and has no control characters",
  (value) => value !== "" && !/\p{Cc}/u.test(value),
);

/** Goes into a header. */
export const credential: z.ZodString = text("visible ASCII characters", (value) =>
  /^[\x21-\x7e]+$/.test(value),
);

export const filePath: z.ZodString = text("the path of a file", (value) => value !== "");

export function secondsBetween(min: number, max: number): z.ZodNumber {
  const error = `expected a number of seconds from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

const weightError = "expected an integer from 0 to 65535";
export const weight: z.ZodInt = z
  .int({ error: weightError })
  .refine((value) => value >= 0 && value <= 65_535, { error: weightError });

/** For all of an answer's head, and between two pieces of it. */
export const timeout: z.ZodDefault<z.ZodNumber> = secondsBetween(0.1, 300).default(5);

/** The server that is the next attempt's turn. */
export function serverOf(all: readonly string[], attempt: number): string {
  return all[attempt % all.length] ?? "";
}

/** The path below a server's own, which may have one. */
export function urlAt(server: string, path: string): URL {
  return new URL(server.replace(/\/$/, "") + path);
}

/** `host:port`, as a target; undefined for what is none. */
export function hostAndPort(
  authority: string,
): { readonly host: string; readonly port: number } | undefined {
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(authority) ?? [];
  return host === undefined ? undefined : place(host, Number(digits));
}

/** Host in lower case, without brackets; undefined when a target cannot be there. */
export function place(
  host: string,
  port: number,
): { readonly host: string; readonly port: number } | undefined {
  const bare = host.toLowerCase().replace(/^\[|\]$/g, "");
  const isIpv6 = bare.includes(":");
  if (!isHost(isIpv6 ? `[${bare}]` : bare) || !isPort(port)) return undefined;
  return { host: bare, port };
}
