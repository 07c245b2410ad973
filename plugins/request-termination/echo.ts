// What a client is told of its own request.
import type { Entity, MutableRequest, RequestContext } from "@sluice/plugin-sdk";

export interface Echo {
  readonly request: Readonly<Record<string, unknown>>;
  readonly matched_route: Entity | undefined;
  readonly matched_service: Entity | undefined;
}

/** Reads the body, of at most 1 MiB: a longer one is 413. */
export async function echoOf(ctx: RequestContext): Promise<Echo> {
  const { request } = ctx;
  const rawBody = await request.text();
  return {
    request: {
      scheme: request.scheme,
      host: request.host,
      port: ctx.connection.serverPort,
      headers: headersOf(request),
      query: argumentsOf(request.query),
      body: bodyOf(request.header("content-type"), rawBody),
      raw_body: rawBody,
      method: request.method,
      path: request.path,
    },
    matched_route: ctx.route,
    matched_service: ctx.service,
  };
}

type Values = Readonly<Record<string, string | readonly string[]>>;

/** One value as text, several as a list, as Kong has them. */
function headersOf(request: MutableRequest): Values {
  return valuesOf(request.headerNames(), (name) => request.headers(name));
}

function argumentsOf(query: string): Values {
  const pairs = new URLSearchParams(query);
  return valuesOf(new Set(pairs.keys()), (name) => pairs.getAll(name));
}

function valuesOf(names: Iterable<string>, read: (name: string) => readonly string[]): Values {
  const entries = [...names].map((name): [string, string | readonly string[]] => {
    const values = read(name);
    return [name, values.length === 1 ? (values[0] ?? "") : values];
  });
  return Object.fromEntries(entries);
}

/** Null for a body of another type, and for one that is not what its type says. */
function bodyOf(contentType: string | undefined, text: string): unknown {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") return argumentsOf(text);
  if (type !== "application/json") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
