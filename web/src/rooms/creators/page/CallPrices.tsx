import type { Creator } from "../../../lib/api/types";
import { useWords } from "../../../lib/i18n/words";
import { useSession } from "../../../lib/session/useSession";
import { PhoneIcon, VideoIcon } from "../../../ui/icons";
import styles from "./CreatorPage.module.css";
import { pageWords } from "./words";

export function CallPrices({ creator }: { creator: Creator }) {
  const say = useWords(pageWords);
  const { flags } = useSession();
  if (!flags?.FEATURE_CALLS) return null;
  const { voiceTokensPerMinute, videoTokensPerMinute } = creator.prices;
  return (
    <section className={styles.prices} aria-labelledby="prices">
      <h2 id="prices">{say("call", { name: creator.displayName })}</h2>
      <dl>
        <div>
          <dt>
            <PhoneIcon size={18} /> {say("voice")}
          </dt>
          <dd>{say("price.minute", { count: voiceTokensPerMinute })}</dd>
        </div>
        <div>
          <dt>
            <VideoIcon size={18} /> {say("video")}
          </dt>
          <dd>{say("price.minute", { count: videoTokensPerMinute })}</dd>
        </div>
      </dl>
      <p>{say("call.text")}</p>
    </section>
  );
}
