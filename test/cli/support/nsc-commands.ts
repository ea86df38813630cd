/**
 * The commands of nsc 2.14 with their flags: long name, letter, and the kind of value as pflag names it, "bool" for those without. Not
 * here are the group `test`, which is for who develops nsc, and what every command has.
 */
export const nscCommands: Readonly<Record<string, string>> = {
  __complete: "",
  __completeNoDesc: "",
  "add account":
    "allow-pub:strings allow-pub-response:int allow-pubsub:strings allow-sub:strings deny-pub:strings deny-pubsub:strings deny-sub:strings expiry:string max-responses:int name/n:string public-key/k:string response-ttl:string start:string",
  "add export":
    "account/a:string account-token-position:uint advertise:bool allow-trace:bool latency:string name/n:string private/p:bool response-threshold:duration response-type:string sampling:string service/r:bool subject/s:string",
  "add import":
    "account/a:string allow-trace:bool local-subject/s:string name/n:string remote-subject:string service:bool share:bool src-account:string token/u:string",
  "add mapping": "account/a:string cluster:string from/f:string to/t:string weight:uint8",
  "add operator":
    "expiry:string force:bool generate-signing-key:bool name/n:string start:string sys/s:bool url/u:string",
  "add user":
    "account/a:string allow-pub:strings allow-pub-response:int allow-pubsub:strings allow-sub:strings bearer:bool deny-pub:strings deny-pubsub:strings deny-sub:strings expiry:string max-responses:int name/n:string public-key/k:string response-ttl:string source-network:strings start:string tag:strings",
  "completion bash": "no-descriptions:bool",
  "completion fish": "no-descriptions:bool",
  "completion powershell": "no-descriptions:bool",
  "completion zsh": "no-descriptions:bool",
  "delete account": "force/F:bool name/n:string revoke/R:bool rm-creds/C:bool rm-nkey/D:bool",
  "delete export": "account/a:string subject/s:string",
  "delete import": "account/a:string src-account:string subject/s:string",
  "delete mapping": "account/a:string cluster:string from/f:string to/t:string",
  "delete user": "account/a:string name/n:strings revoke/R:bool rm-creds/C:bool rm-nkey/D:bool",
  "describe account": "field/F:string json/J:bool long-ids/W:bool name/n:string output-file/o:string raw/R:bool",
  "describe jwt": "field/F:string file/f:string json/J:bool long-ids/W:bool output-file/o:string raw/R:bool",
  "describe operator": "field/F:string json/J:bool long-ids/W:bool name/n:string output-file/o:string raw/R:bool",
  "describe user":
    "account/a:string field/F:string json/J:bool long-ids/W:bool name/n:string output-file/o:string raw/R:bool",
  "edit account":
    "allow-pub:strings allow-pub-response:int allow-pubsub:strings allow-sub:strings conns:number consumer:number data:number deny-pub:strings deny-pubsub:strings deny-sub:strings description:string disallow-bearer:bool disk-storage:number expiry:string exports:number host-cluster-traffic:bool imports:number info-url:string js-consumer:number js-disable:bool js-disk-storage:number js-enable:int js-max-ack-pending:number js-max-bytes-required:bool js-max-disk-stream:number js-max-mem-stream:number js-mem-storage:number js-streams:number js-tier:int leaf-conns:number max-responses:int mem-storage:number name/n:string payload:number response-ttl:string rm:strings rm-js-tier:int rm-response-perms:bool rm-sk:strings rm-tag:strings sk:strings start:string streams:number subscriptions:number tag:strings trace-context-sampling:number trace-context-subject:string wildcard-exports:bool",
  "edit authcallout":
    "account/a:string allowed-account:strings auth-user:strings curve/x:string disable:bool rm-allowed-account:strings rm-auth-user:strings rm-curve:bool",
  "edit export":
    "account/a:string allow-trace:bool description:string info-url:string latency:string name/n:string private/p:bool response-threshold:duration response-type:string rm-latency-sampling:bool sampling:string service/r:bool subject/s:string",
  "edit operator":
    "account-jwt-server-url/u:string expiry:string require-signing-keys:bool rm-account-jwt-server-url:bool rm-service-url:strings rm-sk:strings rm-tag:strings service-url/n:strings sk:strings start:string system-account:string tag:strings",
  "edit signing-key":
    "account/a:string allow-pub:strings allow-pub-response:int allow-pubsub:strings allow-sub:strings bearer:bool conn-type:strings data:number deny-pub:strings deny-pubsub:strings deny-sub:strings description:string locale:time-locale max-responses:int payload:number response-ttl:string rm:strings rm-conn-type:strings rm-response-perms:bool rm-source-network:strings rm-time:strings role:string sk:strings source-network:strings subs:int time:time-ranges",
  "edit user":
    "account/a:string allow-pub:strings allow-pub-response:int allow-pubsub:strings allow-sub:strings bearer:bool conn-type:strings data:number deny-pub:strings deny-pubsub:strings deny-sub:strings expiry:string locale:time-locale max-responses:int name/n:string payload:number response-ttl:string rm:strings rm-conn-type:strings rm-response-perms:bool rm-source-network:strings rm-tag:strings rm-time:strings source-network:strings start:string subs:int tag:strings time:time-ranges",
  env: "account/a:string operator/o:string store/s:string",
  expirations: "json:bool skip:bool within/e:string",
  "export keys":
    "account:string accounts/a:bool all/A:bool curve:string curves:bool dir/d:string filter/f:string force/F:bool include-jwts:bool not-referenced:bool operator/o:bool remove/R:bool user:string users/u:bool",
  fix: "creds:bool in:strings out:string",
  "generate activation":
    "account/a:string expiry:string output-file/o:string push:bool start:string subject/s:string target-account/t:string",
  "generate config":
    "config-file:string dir:string force/F:bool mem-resolver:bool nats-resolver:bool nats-resolver-cache:bool nkey:bool sys-account:string",
  "generate context": "account/a:string context:string user/u:string",
  "generate creds": "account/a:string name/n:string output-file/o:string",
  "generate diagram component": "detail:bool output-file/o:string",
  "generate diagram object": "detail:bool output-file/o:string show-keys:bool users:bool",
  "generate nkey": "account/a:bool curve/x:bool operator/o:bool store/S:bool user/u:bool",
  "generate profile": "",
  help: "",
  "import account": "file/j:string force:bool overwrite:bool skip:bool",
  "import keys": "dir/d:string recurse/R:bool",
  "import user": "file/f:string overwrite:bool skip:bool",
  init: "dir/d:string name/n:string remote-operator/o:string url/u:string",
  "keys migrate": "",
  "list accounts": "json/J:bool operator/o:string",
  "list keys":
    "account:string accounts/a:bool all/A:bool curve/x:bool filter/f:string json/J:bool not-referenced:bool operator/o:bool show-seeds/S:bool user:string users/u:bool",
  "list operators": "json/J:bool",
  "list users": "account/a:string json/J:bool operator/o:string",
  load: "profile:string seed:string url:string user:string",
  migrate: "force/F:bool operator-dir:string url/u:string",
  pub: "account/a:string user/u:string",
  pull: "account/a:string all/A:bool ca-cert:string client-cert:string client-key:string overwrite-newer/F:bool system-account:string system-user:string tls-curves:string tls-first:bool",
  push: "account/a:string account-jwt-server-url/u:string account-removal/R:string all/A:bool ca-cert:string client-cert:string client-key:string diff/D:bool force/F:bool prune/P:bool system-account:string system-user:string timeout:int tls-curves:string tls-first:bool",
  "reissue operator": "convert-to-signing-key:bool name/n:string",
  "rename account": "OK:bool",
  reply: "account/a:string max-messages:int queue/q:string user/u:string",
  req: "account/a:string encrypt/E:bool user/u:string",
  "revocations add-user": "account/a:string at:date-time name/n:string user-public-key/u:string",
  "revocations add_activation": "account/a:string at:date-time service:bool subject/s:string target-account/t:string",
  "revocations delete-user": "account/a:string name/n:string user-public-key/u:string",
  "revocations delete_activation": "account/a:string service:bool subject/s:string target-account/t:string",
  "revocations list-users": "account/a:string",
  "revocations list_activations": "account/a:string service:bool subject/s:string",
  rtt: "account/a:string user/u:string",
  "select account": "",
  "select operator": "",
  sub: "account/a:string encrypt/E:bool max-messages:int queue/q:string user/u:string",
  "tool pub":
    "account/a:string ca-cert:string client-cert:string client-key:string nats:string tls-curves:string tls-first:bool user/u:string",
  "tool reply":
    "account/a:string ca-cert:string client-cert:string client-key:string max-messages:int nats:string queue/q:string tls-curves:string tls-first:bool user/u:string",
  "tool req":
    "account/a:string ca-cert:string client-cert:string client-key:string encrypt/E:bool nats:string tls-curves:string tls-first:bool user/u:string",
  "tool rtt":
    "account/a:string ca-cert:string client-cert:string client-key:string nats:string tls-curves:string tls-first:bool user/u:string",
  "tool sub":
    "account/a:string ca-cert:string client-cert:string client-key:string encrypt/E:bool max-messages:int nats:string queue/q:string tls-curves:string tls-first:bool user/u:string",
  update: "version:string",
  "upgrade-jwt": "",
  validate: "account/a:string all-accounts/A:bool file/f:string",
};

/** Other last words that call them. */
export const nscAliases: Readonly<Record<string, string>> = {
  "list accounts": "account",
  "list keys": "key",
  "list operators": "operator",
  "list users": "user",
  "revocations add-user": "add_user",
  "revocations add_activation": "add-activation",
  "revocations delete-user": "delete_user",
  "revocations delete_activation": "delete-activation",
  "revocations list-users": "list_users",
  "revocations list_activations": "list-activations",
};

/** Those that help does not list. */
export const nscHidden: readonly string[] = [
  "__complete",
  "__completeNoDesc",
  "fix",
  "migrate",
  "pub",
  "rename account",
  "reply",
  "req",
  "rtt",
  "sub",
  "upgrade-jwt",
];
