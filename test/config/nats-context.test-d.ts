import { type FormatNatsContextOptions, formatNatsContext, type NatsContext, parseNatsContext } from "nsc.js";
import { expectTypeOf } from "vitest";

expectTypeOf(parseNatsContext).toEqualTypeOf<(text: string) => NatsContext>();
expectTypeOf(formatNatsContext).toEqualTypeOf<(context: NatsContext, options?: FormatNatsContextOptions) => string>();
expectTypeOf<NatsContext["tls_first"]>().toEqualTypeOf<boolean | undefined>();
expectTypeOf<NatsContext["windows_ca_certs_match"]>().toEqualTypeOf<readonly string[] | undefined>();
expectTypeOf<{ url: string }>().toExtend<NatsContext>();
expectTypeOf<{ url: URL }>().not.toExtend<NatsContext>();
expectTypeOf<FormatNatsContextOptions["compact"]>().toEqualTypeOf<boolean | undefined>();
