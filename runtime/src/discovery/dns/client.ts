// Asks the resolvers of the machine, one after the other, until one has an answer.
import { detailOf } from "../../errors.ts";
import { overTcp, overUdp } from "./exchange.ts";
import type { DnsServer } from "./exchange.ts";
import { queryBytes, readAnswer } from "./message.ts";
import type { DnsAnswer, Query, QueryType } from "./message.ts";

export interface DnsClientOptions {
  /** In the order in which they are asked. */
  servers(): readonly DnsServer[];
  /** For one server to answer once. */
  readonly timeoutMs: number;
  /** Rounds over all servers. */
  readonly attempts: number;
  /** 0 to 65535, not to be guessed. */
  randomId(): number;
}

/** No server gave any answer: another question will not get one either. */
export class NoAnswer extends Error {}

/** What servers said, when one said something that counts. */
export type Settled = Extract<DnsAnswer, { kind: "records" | "no_name" }>;

export class DnsClient {
  readonly #options: DnsClientOptions;

  constructor(options: DnsClientOptions) {
    this.#options = options;
  }

  /** Rejects with an Error that says of each server what was wrong; with {@link NoAnswer} when none answered. */
  async ask(name: string, type: QueryType, signal: AbortSignal): Promise<Settled> {
    const failures = new Set<string>();
    let hasAnswer = false;
    for (let attempt = 0; attempt < this.#options.attempts; attempt++) {
      for (const server of this.#options.servers()) {
        signal.throwIfAborted();
        try {
          const answer = await this.#askServer(server, name, type, signal);
          if (answer.kind === "records" || answer.kind === "no_name") return answer;
          hasAnswer = true;
          failures.add(`${server.host}:${server.port}: ${faultOf(answer)}`);
        } catch (error) {
          failures.add(`${server.host}:${server.port}: ${detailOf(error)}`);
        }
      }
    }
    const detail = [...failures].join("; ");
    throw hasAnswer ? new Error(detail) : new NoAnswer(detail);
  }

  async #askServer(
    server: DnsServer,
    name: string,
    type: QueryType,
    signal: AbortSignal,
  ): Promise<DnsAnswer> {
    const ask = (hasEdns: boolean): Promise<DnsAnswer> => {
      const query = { id: this.#options.randomId(), name, type, hasEdns };
      return this.#exchange(server, query, signal);
    };
    const answer = await ask(true);
    // RFC 6891 §7: what a server says that does not know EDNS.
    const isRefused = answer.kind === "refused" && /^(?:FORMERR|NOTIMP)$/.test(answer.code);
    return isRefused ? ask(false) : answer;
  }

  async #exchange(server: DnsServer, query: Query, signal: AbortSignal): Promise<DnsAnswer> {
    const { timeoutMs } = this.#options;
    const options = { server, query: queryBytes(query), timeoutMs, signal };
    const read = (bytes: Buffer): DnsAnswer | undefined => readAnswer(bytes, query);
    const answer = await overUdp(options, read);
    return answer.kind === "truncated" ? overTcp(options, read) : answer;
  }
}

function faultOf(answer: Exclude<DnsAnswer, Settled>): string {
  return answer.kind === "truncated" ? "truncated over TCP" : answer.code;
}
