// The network of an IPv6 address: one household or server has a whole network of addresses, and may use any of them.

const GROUPS = 8;
const GROUP_BITS = 16;

/**
 * `2001:db8::1` with 64 bits is `2001:db8:0:0:0:0:0:0/64`, whatever way the address is written. An IPv4 address stays as
 * it is, also one that is written as IPv6 (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2); so does what is no address.
 */
export function networkOf(address: string, bits: number): string {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address);
  if (groups === undefined) return address;
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [groups[6], groups[7]].flatMap((group = 0) => [group >> 8, group & 0xff]).join(".");
  }
  const masked = groups.map((group, at) => {
    const kept = Math.min(GROUP_BITS, Math.max(0, bits - at * GROUP_BITS));
    return (group & ~(0xffff >> kept)).toString(16);
  });
  return `${masked.join(":")}/${bits}`;
}

/** Undefined for what is no IPv6 address. A zone is passed over. */
function groupsOf(address: string): number[] | undefined {
  const [plain = ""] = address.split("%", 1);
  const [head = "", tail, ...more] = withoutDots(plain).split("::");
  if (more.length > 0) return undefined;
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : GROUPS - left.length - right.length;
  if (missing < 0) return undefined;
  const texts = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  const groups = texts.map((text) => (/^[0-9a-f]{1,4}$/i.test(text) ? parseInt(text, 16) : NaN));
  return groups.length === GROUPS && !groups.some(Number.isNaN) ? groups : undefined;
}

/** The last two groups may be written as IPv4. */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(":") + 1;
  const parts = address.slice(at).split(".");
  if (parts.length !== 4) return address;
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  return `${address.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
