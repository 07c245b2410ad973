// What a certificate says of its owner (RFC 5280). Who signed it, and that its owner has the key, is what the TLS
// terminator has checked.
import { BadDer, Tag, objectIdentifier, partsOf, readAll, textOf, timeOf } from "./der.ts";
import type { DerValue } from "./der.ts";

export interface Subject {
  readonly commonName: string | undefined;
  /** The whole name, such as `O=Acme,CN=alice`; undefined for an empty one. */
  readonly distinguishedName: string | undefined;
  /** Names of hosts, addresses of mail, and URIs. */
  readonly alternativeNames: readonly string[];
  /** ms since 1970; undefined where only the name is known. */
  readonly validity: { readonly fromMs: number; readonly untilMs: number } | undefined;
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const COMMON_NAME = "2.5.4.3";
/** Short names of RFC 4514 §3, and that of addresses. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};
/** The kinds of alternative names that are text: mail, DNS, URI (RFC 5280 §4.2.1.6). */
const TEXT_NAMES: ReadonlySet<number> = new Set([0x81, 0x82, 0x86]);
const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;

/** Undefined for what is no certificate. */
export function readCertificate(der: Uint8Array): Subject | undefined {
  try {
    const [certificate, ...more] = readAll(der);
    if (more.length > 0) return undefined;
    const [signed] = partsOf(certificate, Tag.sequence);
    return readSigned(partsOf(signed, Tag.sequence));
  } catch (error) {
    if (error instanceof BadDer) return undefined;
    throw error;
  }
}

function readSigned(parts: readonly DerValue[]): Subject {
  // Only the first version states none.
  const offset = parts[0]?.tag === VERSION_TAG ? 1 : 0;
  const [from, until] = partsOf(parts[offset + 3], Tag.sequence);
  const attributes = readName(parts[offset + 4]);
  const extensions = parts.find(({ tag }) => tag === EXTENSIONS_TAG);
  return {
    commonName: attributes.findLast(([type]) => type === COMMON_NAME)?.[1],
    distinguishedName:
      attributes.length === 0
        ? undefined
        : attributes
            .map(([type, value]) => `${SHORT_NAMES[type] ?? type}=${escaped(value)}`)
            .join(","),
    alternativeNames: extensions === undefined ? [] : readAlternativeNames(extensions),
    validity: { fromMs: timeOf(from), untilMs: timeOf(until) },
  };
}

function readName(name: DerValue | undefined): (readonly [type: string, value: string])[] {
  return partsOf(name, Tag.sequence).flatMap((set) =>
    partsOf(set, Tag.set).map((attribute) => {
      const [type, value] = partsOf(attribute, Tag.sequence);
      if (type === undefined || value === undefined) throw new BadDer("half an attribute");
      return [objectIdentifier(type), textOf(value)] as const;
    }),
  );
}

/** RFC 4514 §2.4: or a comma in one value could pass for another attribute. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, "\\$&");
}

function readAlternativeNames({ content }: DerValue): string[] {
  const [list] = readAll(content);
  for (const extension of partsOf(list, Tag.sequence)) {
    const [type, ...rest] = partsOf(extension, Tag.sequence);
    const value = rest.at(-1);
    if (type === undefined || value === undefined || objectIdentifier(type) !== SUBJECT_ALT_NAME) {
      continue;
    }
    const [names] = readAll(value.content);
    return partsOf(names, Tag.sequence)
      .filter(({ tag }) => TEXT_NAMES.has(tag))
      .map(textOf);
  }
  return [];
}
