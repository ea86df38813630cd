import type { Stories } from "./stage.ts";
import { withAccount, withTwo } from "./stage.ts";

/** What the corpus has no story of, by nsc's own flags: what is left at a path, in the words of nsc's documentation. */
export interface Beyond {
  readonly steps: readonly string[];
  readonly play: Stories[string];
  /** Where to look, and what is there in `nats`. */
  readonly path: readonly [string, ...string[]];
  readonly nats: Readonly<Record<string, unknown>>;
}

const EXP = ["local", "EXP"] as const;
const APP = ["local", "APP"] as const;

export const BEYOND: Readonly<Record<string, Beyond>> = {
  "default permissions that deny": {
    steps: ["add account APP --deny-pub a"],
    play: async ({ nsc }) =>
      (await nsc.addOperator("local")).addAccount("APP", { defaultPermissions: { pub: { deny: ["a"] } } }),
    path: APP,
    nats: { default_permissions: { pub: { deny: ["a"] }, sub: {} } },
  },
  "an export becomes a service, with a threshold and traces": {
    steps: ["add export -s a", "edit export -s a --service --response-threshold 5s --allow-trace"],
    play: async (stage) => {
      const account = await withAccount(stage);
      await account.addExport({ subject: "a", type: "stream" });
      await account.editExport("a", (entry) => {
        entry.type = "service";
        entry.response_type = "Singleton";
        entry.response_threshold = 5_000_000_000;
        entry.allow_trace = true;
      });
    },
    path: APP,
    nats: {
      exports: [
        {
          ...{ name: "a", subject: "a", type: "service", response_type: "Singleton" },
          ...{ response_threshold: 5_000_000_000, allow_trace: true },
        },
      ],
    },
  },
  "one of two imports of a subject goes": {
    steps: ["delete import -a IMP -s a --src-account EXP"],
    play: async (stage) => {
      const { exporter, importer } = await withTwo(stage);
      const third = await (await stage.nsc.operator("local")).addAccount("THIRD");
      for (const from of [exporter, third]) {
        const localSubject = `from.${from.name}`;
        await importer.addImport({ from: from.publicKey, subject: "a", type: "stream", localSubject });
      }
      await importer.removeImport("a", { from: exporter });
    },
    path: ["local", "IMP"],
    nats: { imports: [{ account: "A(THIRD)", name: "a", subject: "a", type: "stream", local_subject: "from.THIRD" }] },
  },
  "an activation of the service, where a stream has the subject, too": {
    steps: [
      "generate activation -a EXP -t IMP -s a --service",
      "revocations add-activation -a EXP -s a --service -t IMP --at 1700000000",
      "revocations delete-activation -a EXP -s a --service -t IMP",
    ],
    play: async (stage) => {
      const { exporter, importer } = await withTwo(stage);
      for (const type of ["stream", "service"] as const) {
        await exporter.addExport({ subject: "a", type, private: true });
        await exporter.revokeActivation("a", importer, { type, at: new Date(1_700_000_000_000) });
      }
      await exporter.clearActivationRevocation("a", importer, { type: "service" });
      const activation = await exporter.issueActivation({ to: importer, subject: "a", type: "service" });
      await importer.addImport({ activation });
      await importer.removeImport("a", { type: "service" });
    },
    path: EXP,
    nats: {
      exports: [
        { name: "a", subject: "a", type: "service", token_req: true, response_type: "Singleton" },
        { name: "a", subject: "a", type: "stream", token_req: true, revocations: { "A(IMP)": 1_700_000_000 } },
      ],
    },
  },
  "a role loses limits, and subjects are denied in both directions": {
    steps: [
      "edit signing-key --sk r --deny-pubsub z",
      "edit signing-key --sk r --rm-conn-type MQTT --rm-source-network 10.0.0.0/8 --rm-time 01:00:00",
    ],
    play: async (stage) => {
      const account = await withAccount(stage);
      await account.addRole("r", {
        pub: { deny: ["z"] },
        sub: { deny: ["z"] },
        template: (template) => {
          template.allowed_connection_types = ["MQTT", "STANDARD"];
          template.src = ["10.0.0.0/8", "192.168.0.0/16"];
          template.times = [
            { start: "01:00:00", end: "02:00:00" },
            { start: "03:00:00", end: "04:00:00" },
          ];
        },
      });
      await account.editRole("r", ({ template }) => {
        template.allowed_connection_types = ["STANDARD"];
        template.src = template.src?.filter((network) => network !== "10.0.0.0/8") ?? [];
        template.times = template.times?.filter(({ start }) => start !== "01:00:00") ?? [];
      });
    },
    path: APP,
    nats: {
      signing_keys: [
        {
          ...{ kind: "user_scope", key: "A(APP).sk0", role: "r", description: "" },
          template: {
            ...{ pub: { deny: ["z"] }, sub: { deny: ["z"] }, allowed_connection_types: ["STANDARD"] },
            ...{ src: ["192.168.0.0/16"], times: [{ start: "03:00:00", end: "04:00:00" }] },
          },
        },
      ],
    },
  },
  "a user who has to come through a proxy, which nsc has no flag for": {
    steps: [],
    play: async (stage) => {
      const user = await (await withAccount(stage)).addUser("bob");
      await user.edit(({ nats }) => {
        nats.proxy_required = true;
      });
    },
    path: ["local", "APP", "bob"],
    nats: { proxy_required: true, subs: -1 },
  },
};
