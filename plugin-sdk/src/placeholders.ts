// What the gateway writes into a header value by itself: the value names it, between two marks that no value may have.

const MARK = "\u0001";

/** Stands in a value for what the gateway knows by that name. */
export function placeholder(name: string): string {
  return MARK + name + MARK;
}

/** For `fillHeader`: what is new with each request. In both directions of one request it is the same. */
export const placeholders: { readonly uuid: string; readonly serial: string } = {
  /** A random UUID (RFC 9562 §5.4). */
  uuid: placeholder("uuid"),
  /** A number, from 1 on, that no other request of the same worker has. */
  serial: placeholder("serial"),
};

/** The host's side: texts at even positions, names of placeholders between them; undefined when a mark stands alone. */
export function partsOf(template: string): string[] | undefined {
  const parts = template.split(MARK);
  return parts.length % 2 === 1 ? parts : undefined;
}
