// The order of a route's plugins: Kong's priorities, what `ordering` and the route's `plugin_order` say against them,
// and what is wrong with all that. One order holds in every phase.
import type { SourcePosition } from "../config/model.ts";
import type { ChainMember } from "./scope.ts";

/** What keeps plugins from having an order; a sentence that names them, and where the last of them stands. */
export interface OrderFault {
  readonly message: string;
  readonly source: SourcePosition;
}

export interface OrderedChain {
  readonly members: readonly ChainMember[];
  /** With any, the order of the members means nothing. */
  readonly faults: readonly OrderFault[];
}

/** A route's explicit order. */
export interface ExplicitOrder {
  /** Names that stand for no member are passed over. */
  readonly names: readonly string[];
  /** Path of the field in the config. */
  readonly path: string;
}

interface Node {
  readonly member: ChainMember;
  /** What must have run before, and what says so. */
  readonly after: Map<Node, string>;
  /** The highest priority of what it runs before by its own `ordering`: it moves up there, not the others down. */
  rank: number;
}

export function orderChain(
  members: readonly ChainMember[],
  explicit: ExplicitOrder | undefined,
): OrderedChain {
  const nodes = new Map(members.map((member) => [member.plugin.name, nodeOf(member)]));
  if (explicit !== undefined) addExplicit(nodes, explicit);
  for (const node of nodes.values()) addOrdering(node, nodes);
  const faults: OrderFault[] = [];
  const left = new Set(nodes.values());
  const reported = new Set<Node>();
  const ordered: ChainMember[] = [];
  while (left.size > 0) {
    const ready = [...left].filter((node) =>
      [...node.after.keys()].every((each) => !left.has(each)),
    );
    const [first, ...others] = ready.toSorted(compare);
    if (first === undefined) return { members, faults: [...faults, cycleFault(left)] };
    const equal = others.filter((node) => compare(first, node) === 0 && sharePhase(first, node));
    const tied = equal.length > 0 ? [first, ...equal] : [];
    // Of three that are tied, the two that are left when the first has its place are tied still.
    if (tied.some((node) => !reported.has(node))) faults.push(tieFault(tied));
    for (const node of tied) reported.add(node);
    ordered.push(first.member);
    left.delete(first);
  }
  return { members: ordered, faults };
}

function nodeOf(member: ChainMember): Node {
  return { member, after: new Map(), rank: member.plugin.priority };
}

function compare(one: Node, other: Node): number {
  return other.rank - one.rank || other.member.plugin.priority - one.member.plugin.priority;
}

function sharePhase(one: Node, other: Node): boolean {
  return [...one.member.plugin.phases].some((phase) => other.member.plugin.phases.has(phase));
}

/** Those that are named come first, in that order. */
function addExplicit(nodes: ReadonlyMap<string, Node>, { names, path }: ExplicitOrder): void {
  const listed = names.flatMap((name) => nodes.get(name) ?? []);
  for (const [index, node] of listed.entries()) {
    const previous = listed[index - 1];
    if (previous !== undefined) node.after.set(previous, path);
  }
  const last = listed.at(-1);
  if (last === undefined) return;
  for (const node of nodes.values()) if (!listed.includes(node)) node.after.set(last, path);
}

function addOrdering(node: Node, nodes: ReadonlyMap<string, Node>): void {
  const { ordering, source } = node.member.config;
  const path = `${source.path}.ordering`;
  for (const name of ordering.after) {
    const earlier = nodes.get(name);
    if (earlier !== undefined) node.after.set(earlier, path);
  }
  for (const name of ordering.before) nodes.get(name)?.after.set(node, path);
  raise(node, nodes, new Set());
}

/** Kong moves the plugin that says `before`; what it runs before may itself have moved. */
function raise(node: Node, nodes: ReadonlyMap<string, Node>, seen: Set<Node>): number {
  if (seen.has(node)) return node.rank;
  seen.add(node);
  for (const name of node.member.config.ordering.before) {
    const later = nodes.get(name);
    if (later !== undefined) node.rank = Math.max(node.rank, raise(later, nodes, seen));
  }
  return node.rank;
}

function tieFault(tied: readonly Node[]): OrderFault {
  const priority = tied[0]?.member.plugin.priority;
  return {
    message:
      `the plugins ${tied.map(shown).join(" and ")} have the same priority, ${priority}, and nothing says which ` +
      "runs first: say so in the route's plugin_order, or with ordering in one of the entries",
    source: lastOf(tied),
  };
}

/** What is left waits for something that is left, so going back leads into a circle. */
function cycleFault(left: ReadonlySet<Node>): OrderFault {
  const way: Node[] = [];
  let node = [...left][0];
  while (node !== undefined && !way.includes(node)) {
    way.push(node);
    node = [...node.after.keys()].find((each) => left.has(each));
  }
  const circle = node === undefined ? way : way.slice(way.indexOf(node));
  const steps = circle.map((each, index) => {
    const earlier = circle[(index + 1) % circle.length] ?? each;
    return `${shown(earlier)} before ${shown(each)} by ${each.after.get(earlier)}`;
  });
  return { message: `the plugins have no order: ${steps.join(", ")}`, source: lastOf(circle) };
}

function shown({ member }: Node): string {
  return `${JSON.stringify(member.plugin.name)} (${member.config.source.path})`;
}

function lastOf(nodes: readonly Node[]): SourcePosition {
  const sources = nodes.map(({ member }) => member.config.source);
  return sources.reduce((last, each) =>
    each.line > last.line || (each.line === last.line && each.column > last.column) ? each : last,
  );
}
