/** What is known of a range before it is partitioned. */
type Order = "increasing" | "decreasing" | "unknown";

/**
 * Sorts in place as Go's `sort.Sort` does (pattern-defeating quicksort, Go 1.19 and later): not stable beyond twelve
 * items, but the same on every run, so that equal items end in the order in which Go leaves them.
 *
 * @param items - what to sort
 * @param less - a strict order; called with two of the items
 */
export function sortLikeGo<T>(items: T[], less: (a: T, b: T) => boolean): void {
  if (items.length > 1) new PatternDefeatingQuicksort(items, less).quick(0, items.length, bitLength(items.length));
}

/** The steps of `sort/zsortinterface.go`, under the names of the specification's appendix A. Ranges are `[a, b)`. */
class PatternDefeatingQuicksort<T> {
  readonly #items: T[];
  readonly #lessItems: (a: T, b: T) => boolean;

  constructor(items: T[], less: (a: T, b: T) => boolean) {
    this.#items = items;
    this.#lessItems = less;
  }

  quick(from: number, to: number, allowed: number): void {
    let a = from;
    let b = to;
    let limit = allowed;
    let balanced = true;
    let partitioned = true;
    for (;;) {
      const length = b - a;
      if (length <= 12) {
        this.#insertion(a, b);
        return;
      }
      if (limit === 0) {
        this.#heap(a, b);
        return;
      }
      if (!balanced) {
        this.#scatter(a, b);
        limit -= 1;
      }
      let [pivot, order] = this.#choosePivot(a, b);
      if (order === "decreasing") {
        this.#reverse(a, b);
        pivot = b - 1 - (pivot - a);
        order = "increasing";
      }
      if (balanced && partitioned && order === "increasing" && this.#partialInsertion(a, b)) return;
      if (a > 0 && !this.#less(a - 1, pivot)) {
        a = this.#partitionEqual(a, b, pivot);
        continue;
      }
      const [middle, alreadyPartitioned] = this.#partition(a, b, pivot);
      partitioned = alreadyPartitioned;
      const left = middle - a;
      const right = b - middle;
      balanced = Math.min(left, right) >= Math.floor(length / 8);
      if (left < right) {
        this.quick(a, middle, limit);
        a = middle + 1;
      } else {
        this.quick(middle + 1, b, limit);
        b = middle;
      }
    }
  }

  #less(i: number, j: number): boolean {
    return this.#lessItems(this.#items[i] as T, this.#items[j] as T);
  }

  #swap(i: number, j: number): void {
    const items = this.#items;
    const item = items[i] as T;
    items[i] = items[j] as T;
    items[j] = item;
  }

  #reverse(a: number, b: number): void {
    for (let i = a, j = b - 1; i < j; i++, j--) this.#swap(i, j);
  }

  #insertion(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) {
      for (let j = i; j > a && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
    }
  }

  #heap(a: number, b: number): void {
    const length = b - a;
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.#sift(a, i, length);
    for (let i = length - 1; i >= 0; i--) {
      this.#swap(a, a + i);
      this.#sift(a, 0, i);
    }
  }

  /** Positions are counted from `a` here. */
  #sift(a: number, low: number, high: number): void {
    for (let root = low; ; ) {
      let child = 2 * root + 1;
      if (child >= high) return;
      if (child + 1 < high && this.#less(a + child, a + child + 1)) child += 1;
      if (!this.#less(a + root, a + child)) return;
      this.#swap(a + root, a + child);
      root = child;
    }
  }

  /** Moves three items to pseudo-random places; the generator is xorshift on 64 bits, seeded with the length. */
  #scatter(a: number, b: number): void {
    const length = b - a;
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    const middle = a + 2 * Math.floor(length / 4);
    let random = BigInt(length);
    for (let i = middle - 1; i <= middle + 1; i++) {
      random ^= BigInt.asUintN(64, random << 13n);
      random ^= random >> 7n;
      random ^= BigInt.asUintN(64, random << 17n);
      const other = Number(random & mask);
      this.#swap(i, a + (other >= length ? other - length : other));
    }
  }

  #choosePivot(a: number, b: number): [pivot: number, order: Order] {
    let swaps = 0;
    const median = (first: number, second: number, third: number): number => {
      let [x, y, z] = [first, second, third];
      if (this.#less(y, x)) {
        [x, y] = [y, x];
        swaps += 1;
      }
      if (this.#less(z, y)) {
        [y, z] = [z, y];
        swaps += 1;
      }
      if (this.#less(y, x)) {
        [x, y] = [y, x];
        swaps += 1;
      }
      return y;
    };
    const length = b - a;
    const quarter = Math.floor(length / 4);
    let i = a + quarter;
    let j = a + 2 * quarter;
    let k = a + 3 * quarter;
    if (length >= 50) {
      i = median(i - 1, i, i + 1);
      j = median(j - 1, j, j + 1);
      k = median(k - 1, k, k + 1);
    }
    j = median(i, j, k);
    return [j, swaps === 0 ? "increasing" : swaps === 12 ? "decreasing" : "unknown"];
  }

  /** Tries to finish a range that is nearly in order; tells whether it is in order now. */
  #partialInsertion(a: number, b: number): boolean {
    let i = a + 1;
    for (let step = 0; step < 5; step++) {
      while (i < b && !this.#less(i, i - 1)) i += 1;
      if (i === b) return true;
      if (b - a < 50) return false;
      this.#swap(i, i - 1);
      if (i - a >= 2) {
        // Go stops at 1 and not at `a`: items left of the range are not greater anyway.
        for (let j = i - 1; j >= 1 && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
      }
      if (b - i >= 2) {
        for (let j = i + 1; j < b && this.#less(j, j - 1); j++) this.#swap(j, j - 1);
      }
    }
    return false;
  }

  /** Puts what equals the pivot first; returns where the rest begins. */
  #partitionEqual(a: number, b: number, pivot: number): number {
    this.#swap(a, pivot);
    let i = a + 1;
    let j = b - 1;
    for (;;) {
      while (i <= j && !this.#less(a, i)) i += 1;
      while (i <= j && this.#less(a, j)) j -= 1;
      if (i > j) return i;
      this.#swap(i, j);
      i += 1;
      j -= 1;
    }
  }

  #partition(a: number, b: number, pivot: number): [middle: number, alreadyPartitioned: boolean] {
    this.#swap(a, pivot);
    let i = a + 1;
    let j = b - 1;
    for (let round = 0; ; round++) {
      while (i <= j && this.#less(i, a)) i += 1;
      while (i <= j && !this.#less(j, a)) j -= 1;
      if (i > j) {
        this.#swap(j, a);
        return [j, round === 0];
      }
      this.#swap(i, j);
      i += 1;
      j -= 1;
    }
  }
}

/** The number of binary digits. */
function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}
