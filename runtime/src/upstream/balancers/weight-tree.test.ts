import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../upstreams.testing.ts";
import { WeightTree } from "./weight-tree.ts";

describe("a tree of weights", () => {
  test("draws the place that a walk along all weights would find, for any number of them", () => {
    const random = seededRandom(1);
    for (const count of [1, 2, 3, 7, 8, 9, 100]) {
      const tree = new WeightTree(count);
      const weights = Array.from({ length: count }, () => 0);
      for (let step = 0; step < 300; step++) {
        const place = Math.floor(random() * count);
        const weight = random() < 0.3 ? 0 : Math.floor(random() * 50);
        weights[place] = weight;
        tree.set(place, weight);
        const at = random();
        assert.equal(tree.draw(at), walk(weights, at));
      }
      assert.equal(tree.total, sum(weights));
    }
  });

  test("draws nothing when all weigh nothing, and never one that weighs nothing", () => {
    const tree = new WeightTree(3);
    assert.equal(tree.draw(0.5), -1);
    tree.set(1, 65_535);
    for (const random of [0, 0.5, 1 - 2 ** -53, 1]) assert.equal(tree.draw(random), 1);
    tree.set(1, 0);
    assert.equal(tree.draw(0.5), -1);
    assert.equal(new WeightTree(0).draw(0), -1);
  });

  test("stays exact however often parts of weights change", () => {
    const tree = new WeightTree(10);
    for (let step = 0; step < 10_000; step++) tree.set(step % 10, Math.sqrt(step));
    for (let place = 0; place < 10; place++) tree.set(place, 0);
    assert.equal(tree.total, 0);
  });

  test("keeps the smallest part of a weight above nothing", () => {
    const tree = new WeightTree(2);
    tree.set(0, 1e-9);
    assert.equal(tree.draw(0), 0);
  });
});

function walk(weights: readonly number[], random: number): number {
  let left = random * sum(weights);
  if (sum(weights) === 0) return -1;
  for (const [place, weight] of weights.entries()) {
    if (left < weight) return place;
    left -= weight;
  }
  return -1;
}

function sum(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}
