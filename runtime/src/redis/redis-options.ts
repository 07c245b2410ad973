// Where a Redis is and how to get in: Kong's fields, as a plugin gives them.

/** Kong's `redis` fields, with its defaults. */
export interface RedisOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** To connect, and for an answer. */
  readonly timeoutMs: number;
  readonly ssl: boolean;
  readonly sslVerify: boolean;
  readonly serverName: string | undefined;
}

const MAX_TIMEOUT_MS = 60_000;
const MAX_PORT = 65_535;

/** Of the JSON that a guest gives; undefined for anything else. `null` is as good as a missing field. */
export function readRedisOptions(json: string): RedisOptions | undefined {
  const given = parsed(json);
  if (given === undefined) return undefined;
  const options = {
    host: given["host"] ?? "127.0.0.1",
    port: given["port"] ?? 6379,
    username: given["username"] ?? undefined,
    password: given["password"] ?? undefined,
    database: given["database"] ?? 0,
    timeoutMs: given["timeout"] ?? 2000,
    ssl: given["ssl"] ?? false,
    sslVerify: given["ssl_verify"] ?? false,
    serverName: given["server_name"] ?? undefined,
  };
  return isRedisOptions(options) ? options : undefined;
}

/** Equal options have equal keys. It has the password in it. */
export function keyOf(options: RedisOptions): string {
  return JSON.stringify([
    options.host,
    options.port,
    options.username,
    options.password,
    options.database,
    options.timeoutMs,
    options.ssl,
    options.sslVerify,
    options.serverName,
  ]);
}

function parsed(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isRedisOptions(
  options: Readonly<Record<keyof RedisOptions, unknown>>,
): options is RedisOptions {
  const { host, username, password, serverName, ssl, sslVerify } = options;
  return (
    typeof host === "string" &&
    host !== "" &&
    isIntegerWithin(options.port, 1, MAX_PORT) &&
    isIntegerWithin(options.database, 0, Number.MAX_SAFE_INTEGER) &&
    isIntegerWithin(options.timeoutMs, 1, MAX_TIMEOUT_MS) &&
    [username, password, serverName].every(isOptionalText) &&
    typeof ssl === "boolean" &&
    typeof sslVerify === "boolean"
  );
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isIntegerWithin(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}
