// Keeps a copy of a good answer on its way to the client.
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { FieldRole } from "../http1/field-name.ts";
import type { Fields } from "../http1/fields.ts";
import type { ResponseReceiver } from "../upstream/transport.ts";
import type { AnswerCache } from "./answer-cache.ts";
import { lifetimeOf, varyingOf } from "./storable.ts";
import type { Lifetime } from "./storable.ts";

interface Head {
  readonly lifetime: Lifetime;
  readonly fields: Fields;
  readonly varying: readonly (readonly [name: string, value: string])[];
}

export interface CaptureParts {
  readonly cache: AnswerCache;
  readonly key: string;
  readonly receiver: ResponseReceiver;
  nowMs(): number;
}

/** Stands between the transport and the receiver, for one try. */
export class Capture implements ResponseReceiver {
  readonly #parts: CaptureParts;
  #head: Head | undefined;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(parts: CaptureParts) {
    this.#parts = parts;
  }

  onInformational(exchange: Exchange, status: number, fields: Fields): void {
    this.#parts.receiver.onInformational(exchange, status, fields);
  }

  onHead(exchange: Exchange): void {
    const { requestFields, responseFields, status } = exchange;
    const lifetime = lifetimeOf(status, requestFields, responseFields);
    const varying = lifetime && varyingOf(requestFields, responseFields);
    if (lifetime !== undefined && varying !== undefined) {
      this.#head = { lifetime, varying, fields: responseFields.twin() };
      (exchange.underWay ??= new Set()).add(this.#forget);
    } else if (status === 200) {
      // It was good for everybody once, and is not any more.
      this.#parts.cache.drop(this.#parts.key);
    }
    this.#parts.receiver.onHead(exchange);
  }

  onBody(exchange: Exchange, piece: Buffer): void {
    if (this.#head !== undefined) {
      if (this.#parts.cache.gather(piece.length, this.#bytes)) {
        this.#bytes += piece.length;
        // The transport uses its chunks again.
        this.#pieces.push(Buffer.from(piece));
      } else this.#forget();
    }
    this.#parts.receiver.onBody(exchange, piece);
  }

  onFlush(exchange: Exchange): void {
    this.#parts.receiver.onFlush(exchange);
  }

  onEnd(exchange: Exchange, trailers?: Fields): void {
    this.#store();
    exchange.underWay?.delete(this.#forget);
    this.#parts.receiver.onEnd(exchange, trailers);
  }

  onFault(exchange: Exchange, error: GatewayError): void {
    this.#forget();
    this.#parts.receiver.onFault(exchange, error);
  }

  readonly #forget = (): void => {
    this.#head = undefined;
    this.#pieces.length = 0;
    this.#parts.cache.giveBack(this.#bytes);
    this.#bytes = 0;
  };

  #store(): void {
    if (this.#head === undefined) return;
    const { fields, lifetime, varying } = this.#head;
    const body = Buffer.concat(this.#pieces);
    this.#forget();
    const { cache, key, nowMs } = this.#parts;
    const bornAtMs = nowMs() - lifetime.initialAgeMs;
    cache.put(key, {
      fields: fields.names.flatMap((name, at) =>
        KEPT_ROLES.has(name.role) && name.lower !== "age"
          ? [[name, copyOf(fields.values[at] ?? "")] as const]
          : [],
      ),
      body,
      varying,
      bornAtMs,
      usableUntilMs:
        bornAtMs + Math.min(lifetime.usableMs, lifetime.initialAgeMs + cache.storageTtlMs),
    });
  }
}

/** The others are about one message or one connection. */
const KEPT_ROLES: ReadonlySet<number> = new Set([FieldRole.ordinary, FieldRole.date]);

/** Without the head that it was cut out of, which would stay in memory with it. */
function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
