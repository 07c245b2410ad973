// The small GET: 111 bytes of JSON, every peer, with and without the four policies.
import type { LoadCase } from "../load-case.ts";
import { coreEach, smallGet } from "../load-case.ts";
import { PEERS } from "../peer-list.ts";
import { findFaults } from "../verify.ts";

export const getCase: LoadCase = {
  id: "get",
  title: "Small GET",
  proxies: PEERS,
  base: { title: "nginx", rowId: () => "nginx" },
  warmsUpEachTurn: true,
  placement: coreEach,
  load: smallGet,
  verify: (_, proxy) => findFaults(proxy),
};
