// What a client signs: a line for each header that it names, and the signature of them.
import { hmac } from "@sluice/plugin-sdk";
import type { DigestAlgorithm, MutableRequest } from "@sluice/plugin-sdk";

import { bytesOfLatin1 } from "../parts/latin1.ts";
import type { HmacAlgorithm, Signature } from "./signature-header.ts";

const DIGESTS: Readonly<Record<HmacAlgorithm, DigestAlgorithm>> = {
  "hmac-sha1": "SHA-1",
  "hmac-sha256": "SHA-256",
  "hmac-sha384": "SHA-384",
  "hmac-sha512": "SHA-512",
};

/** Base64. */
export function signatureOf(
  request: MutableRequest,
  { algorithm, headers }: Pick<Signature, "algorithm" | "headers">,
  secret: string,
): string {
  const lines = headers.map((name) => lineOf(request, name));
  // Field values are bytes.
  return hmac(DIGESTS[algorithm], secret, bytesOfLatin1(lines.join("\n")), "base64");
}

function lineOf(request: MutableRequest, name: string): string {
  const { method, path, query, httpVersion } = request;
  const target = query === "" ? path : `${path}?${query}`;
  switch (name) {
    case "request-line":
      return `${method} ${target} HTTP/${httpVersion}`;
    case "@request-target":
      return `${name}: ${method.toLowerCase()} ${target}`;
    default: {
      // Several lines of one header are one list (RFC 9110 §5.3), so that none of them can be slipped in unsigned.
      const values = request.headers(name);
      return values.length === 0 ? `${name}:` : `${name}: ${values.join(", ")}`;
    }
  }
}
