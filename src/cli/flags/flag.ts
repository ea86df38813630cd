/** What the value of a flag stands for, so that shells can complete it. */
export type Completion = "operator" | "account" | "user" | "role" | "key" | "file" | "folder" | readonly string[];

/** What may be said of every flag. */
export interface FlagOptions {
  /** One letter for `-a`. */
  readonly short?: string;
  /** What help shows as the default, where there is one. */
  readonly shownDefault?: string;
  /** Not in help, documents or completion, as in nsc. */
  readonly isHidden?: boolean;
  /** What to use instead; said on stderr whenever the flag is given. */
  readonly deprecated?: string;
  readonly isRequired?: boolean;
  readonly completes?: Completion;
}

/** A flag as data. Its long name is the key under which a command has it. */
export interface Flag<T> extends FlagOptions {
  readonly help: string;
  /** What help shows as the kind of value, as Go's pflag names it: "string", "strings", "int"; nothing for a bool. */
  readonly type: string;
  /**
   * Reads one occurrence.
   *
   * @param text - the value as it was given
   * @param before - what the occurrences before it came to
   * @throws FlagError with the text that Go has for it
   */
  readonly parse: (text: string, before: T | undefined) => T;
  /** The value of the flag when it is given without one; such a flag takes a value only after `=`. */
  readonly bare?: string;
}

/** A value that a flag does not take; the message is only the reason. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** The flags of a command by their long names. */
// biome-ignore lint/suspicious/noExplicitAny: `parse` takes what it gave before, so no other type holds every flag
export type Flags = Readonly<Record<string, Flag<any>>>;

/** For commands that have no flags of their own. */
export const noFlags: Readonly<Record<never, never>> = Object.freeze({});

/** The values of flags. A flag that was not given is `undefined`: an edit changes only what it names. */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T | undefined : never;
};
