/**
 * The whole of the platform that the portable rooms may use besides the language itself. Each of these exists in
 * browsers, Node, Deno, Bun and the edge runtimes, with this behaviour. `tsconfig.portable.json` compiles against this
 * list and nothing else, so an addition here is a decision about every runtime.
 */

interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare var TextEncoder: new () => TextEncoder;

interface TextDecoder {
  decode(input?: Uint8Array): string;
}
declare var TextDecoder: new (
  label?: "utf-8",
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => TextDecoder;

declare var crypto: { getRandomValues<T extends Uint8Array<ArrayBuffer>>(array: T): T };

declare function structuredClone<T>(value: T): T;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}
declare var AbortController: new () => { readonly signal: AbortSignal; abort(): void };

interface RequestHeaders {
  get(name: string): string | null;
}
interface RequestBody {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(): Promise<void>;
  };
}
interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly body: RequestBody | null;
}
interface Response {
  readonly status: number;
}
declare var Response: new (
  body?: string | null,
  init?: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
) => Response;
