// A TLS connection for probes, with the ways of a plain one. Nothing is checked over it but health, so it needs no more.
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { ConnectHandler } from "../../platform/socket.ts";

export interface TlsPlace {
  readonly host: string;
  readonly port: number;
  /** Name that is asked for and that the certificate must be for; undefined for the host. */
  readonly sni: string | undefined;
  /** Of the certificate. */
  readonly isVerified: boolean;
}

export interface ProbeSocket {
  write(data: string): unknown;
  destroy(): void;
}

/** `onConnect` comes when the certificate is accepted; else `onClose` says why it is not. */
export function connectTls(
  { host, port, sni, isVerified }: TlsPlace,
  handler: ConnectHandler,
): ProbeSocket {
  const name = sni ?? host;
  const socket = connect({
    host,
    port,
    // RFC 6066 §3: an address is no name to ask for.
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: isVerified,
  });
  let fault: Error | undefined;
  socket.on("secureConnect", () => handler.onConnect());
  socket.on("data", (chunk: Buffer) => handler.onData(chunk));
  socket.on("end", () => handler.onEnd());
  socket.on("error", (error) => (fault = error));
  socket.on("close", () => handler.onClose(fault));
  return {
    write: (data) => socket.write(data, "latin1"),
    destroy: () => void socket.destroy(),
  };
}
