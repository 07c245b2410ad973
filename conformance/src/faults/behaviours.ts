// What targets of the matrix do wrong.
const BEHAVIOURS = [
  "good",
  "refuses",
  "resets",
  "closes",
  "resets in the head",
  "resets in the body",
  "hangs",
  "trickles the head",
  "hangs in the body",
  "answers 503",
  "answers 500",
  "is slow",
  "sends less than it says",
  "sends more than it says",
  "ends within a chunk",
  "has two lengths",
  "is no HTTP",
  "switches unasked",
  "has a status of 99",
] as const;
export type BehaviourName = (typeof BEHAVIOURS)[number];
