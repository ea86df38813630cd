import type { Operator } from "../authority/operator.ts";
import type { AccountPath } from "../authority/paths.ts";
import { isNscError } from "../errors.ts";
import { forEachLimited } from "../store/for-each-limited.ts";
import type { Announcement, ServiceSettings } from "./account-service-options.ts";
import { type AccountList, placesOf, readAccount, type StoredAccount } from "./accounts.ts";
import { type Answer, readAnswer, tellWrong, wentWrong } from "./answers.ts";
import { QUIET } from "./discovery.ts";
import { unservable } from "./push-guards.ts";
import { pushedTo } from "./push-report.ts";
import type { Requests } from "./requests.ts";

interface AnnouncerSettings extends Pick<ServiceSettings, "timeout" | "concurrency"> {
  readonly onAnnounce: (announcement: Announcement) => void;
}

/** Tells servers of accounts, whatever resolver they have. */
export class Announcer {
  readonly #requests: Requests;
  readonly #operator: Operator;
  readonly #settings: AnnouncerSettings;

  constructor(requests: Requests, operator: Operator, settings: AnnouncerSettings) {
    this.#requests = requests;
    this.#operator = operator;
    this.#settings = settings;
  }

  get requests(): Requests {
    return this.#requests;
  }

  /** Tells of what is at places; those where nothing is are passed over. */
  async announce(places: readonly AccountPath[]): Promise<readonly Announcement[]> {
    const announcements: Announcement[] = [];
    await forEachLimited(
      places,
      async (path) => {
        const account = await readAccount(this.#operator, path);
        if (account === undefined) return;
        const announcement = await this.#announceOne(account);
        announcements.push(announcement);
        this.#settings.onAnnounce(announcement);
      },
      this.#settings.concurrency,
    );
    return announcements;
  }

  async announceThese(accounts: AccountList): Promise<readonly Announcement[]> {
    return this.announce(await placesOf(this.#operator, accounts));
  }

  async #announceOne(account: StoredAccount): Promise<Announcement> {
    const { name, publicKey, token } = account;
    const violation = unservable(account, this.#operator, this.#requests.maxPayload);
    if (violation !== undefined) return { name, publicKey, status: "refused", ...violation, servers: [] };
    const answers = await this.#ask(`$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.UPDATE`, token);
    const servers = answers.map((answer) => pushedTo(answer.server, answer));
    const wrong = servers.filter(wentWrong);
    if (wrong.length > 0) return { name, publicKey, status: "failed", message: tellWrong(wrong), servers };
    if (servers.length === 0) {
      return { name, publicKey, status: "unheard", message: "no server answered", servers };
    }
    return { name, publicKey, status: "announced", message: `${servers.length} servers were told`, servers };
  }

  /** Nobody knows how many servers there are: it is over when nothing more comes. */
  #ask(subject: string, payload: string): Promise<readonly Answer[]> {
    return new Promise((resolve) => {
      const answers = new Map<string, Answer>();
      let quiet: ReturnType<typeof setTimeout> | undefined;
      const finish = (): void => {
        end();
        clearTimeout(timer);
        clearTimeout(quiet);
        resolve([...answers.values()]);
      };
      const timer = setTimeout(finish, this.#settings.timeout);
      const end = this.#requests.send({
        subject,
        payload,
        onReply: (data) => {
          clearTimeout(quiet);
          quiet = setTimeout(finish, QUIET);
          try {
            const answer = readAnswer(data);
            answers.set(answer.server.id, answer);
          } catch (error) {
            if (!isNscError(error)) throw error;
          }
        },
        onFailure: finish,
      });
    });
  }
}
