// A DNS server: the names of a table over UDP and TCP, with what can be wrong with them.
import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { decode, encode, streamDecode, streamEncode, TRUNCATED_RESPONSE } from "dns-packet";
import type { Answer, DecodedPacket, Packet } from "dns-packet";

import { Watch } from "./deadline.ts";

export type Zone =
  | {
      readonly kind: "records";
      readonly records: readonly Answer[];
      /** Over UDP it says that there is more than fits. */
      readonly isTruncated?: boolean;
      /** The name comes back in capitals. */
      readonly isShouted?: boolean;
      /** Ahead of the answer come others with this address, of which each is to another question. */
      readonly forged?: string;
    }
  | { readonly kind: "code"; readonly code: "NXDOMAIN" | "SERVFAIL" }
  | { readonly kind: "silent" };

const CODES = { NXDOMAIN: 3, SERVFAIL: 2 } as const;

export class DnsServer {
  readonly port: number;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #zones: Map<string, Zone> = new Map();
  readonly #watch: Watch = new Watch();
  /** `TYPE name over`, as they came. */
  asked: string[] = [];

  constructor(udp: UdpSocket, tcp: Server, port: number) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.port = port;
    udp.on("message", (bytes, from) => {
      const query = decode(bytes);
      for (const forged of this.#forged(query)) udp.send(forged, from.port, from.address);
      const answer = this.#answer(query, "udp");
      if (answer !== undefined) udp.send(encode(answer), from.port, from.address);
    });
    tcp.on("connection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        const query = streamDecode(bytes) as DecodedPacket; // A query is small and comes at once.
        const answer = this.#answer(query, "tcp");
        if (answer !== undefined) socket.write(streamEncode(answer));
      });
    });
  }

  /** From now on, for all types that a name is asked for. */
  set(name: string, zone: Zone): void {
    this.#zones.set(name, zone);
  }

  /** A records. */
  setAddresses(name: string, ttl: number, ...addresses: readonly string[]): void {
    const records = addresses.map((data) => ({ type: "A" as const, name, ttl, data }));
    this.set(name, { kind: "records", records });
  }

  /** Waits until the name is asked for so many times more. */
  async untilAsked(name: string, times: number = 1): Promise<void> {
    const count = (): number => this.asked.filter((each) => each.includes(` ${name} `)).length;
    const before = count();
    await this.#watch.until(
      () => (count() >= before + times ? true : undefined),
      () => `${times} questions for ${name}; there were ${this.asked.join(", ")}`,
    );
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  #forged({ id = 0, questions = [] }: DecodedPacket): readonly Buffer[] {
    const [question] = questions;
    const zone = this.#zones.get(question?.name ?? "");
    if (question === undefined || zone?.kind !== "records" || !zone.forged) return [];
    const { name, type } = question;
    const answers: Answer[] = [{ type: "A", name, ttl: 60, data: zone.forged }];
    const packet = { type: "response", id, questions, answers } as const;
    return [
      encode({ ...packet, id: (id + 1) % 65_536 }),
      encode({ ...packet, type: "query" }),
      encode({ ...packet, questions: [{ ...question, name: `x.${name}` }] }),
      encode({ ...packet, questions: [{ name, type: type === "A" ? "AAAA" : "A" }] }),
      encode({ ...packet, questions: [] }),
      // A name that leads to itself.
      Buffer.concat([
        encode({ ...packet, questions: [] }).subarray(0, 12),
        Buffer.from([0xc0, 12]),
      ]),
    ];
  }

  #answer(query: DecodedPacket, over: "udp" | "tcp"): Packet | undefined {
    const [question] = query.questions ?? [];
    if (question === undefined) return undefined;
    this.asked.push(`${question.type} ${question.name} ${over}`);
    const zone = this.#zones.get(question.name) ?? { kind: "code", code: "NXDOMAIN" };
    queueMicrotask(() => this.#watch.notify());
    const packet: Packet = { type: "response", id: query.id, questions: [question] };
    switch (zone.kind) {
      case "silent":
        return undefined;
      case "code":
        return { ...packet, flags: CODES[zone.code] };
      case "records": {
        if (zone.isTruncated === true && over === "udp") {
          return { ...packet, flags: TRUNCATED_RESPONSE };
        }
        const answers = zone.records.filter(({ type }) => {
          return type === question.type || type === "CNAME";
        });
        if (zone.isShouted !== true) return { ...packet, answers };
        return {
          ...packet,
          questions: [{ ...question, name: question.name.toUpperCase() }],
          answers: answers.map((each) => ({ ...each, name: each.name.toUpperCase() }) as Answer),
        };
      }
    }
  }
}

/** On one port of 127.0.0.1 over both. */
export async function startDnsServer(): Promise<DnsServer> {
  for (;;) {
    const tcp = createServer();
    tcp.listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const { port } = tcp.address() as AddressInfo; // It listens on a port, not on a path.
    const udp = createSocket("udp4");
    try {
      udp.bind(port, "127.0.0.1");
      await once(udp, "listening");
      return new DnsServer(udp, tcp, port);
    } catch {
      // Somebody else has that port over UDP.
      tcp.close();
    }
  }
}
