import { Button } from "@mantine/core";
import { useEffect } from "react";
import { Link } from "react-router";
import { useWords } from "../../lib/i18n/words";
import { useSession } from "../../lib/session/useSession";
import styles from "./Home.module.css";
import { homeWords } from "./words";

export default function Welcome() {
  const say = useWords(homeWords);
  const { demo } = useSession();
  useEffect(() => {
    document.title = "Stagedoor";
  }, []);
  return (
    <div className={styles.welcome}>
      <div className={styles.stage}>
        <h1>{say("welcome.title")}</h1>
        <p>{say("welcome.lead")}</p>
        <div className={styles.actions}>
          {demo && (
            // A whole page load: the demo has no frame of ours around its two phones.
            <Button component="a" href="/demo" size="md">
              {say("welcome.demo")}
            </Button>
          )}
          <Button component={Link} to="/signin?join" size="md" variant={demo ? "default" : "filled"}>
            {say("welcome.join")}
          </Button>
          <Button component={Link} to="/signin" size="md" variant="default">
            {say("welcome.signIn")}
          </Button>
        </div>
      </div>
      <div className={styles.reasons}>
        {(["fan", "creator", "money"] as const).map((who) => (
          <section key={who}>
            <h2>{say(`welcome.${who}.title`)}</h2>
            <p>{say(`welcome.${who}.text`)}</p>
          </section>
        ))}
      </div>
    </div>
  );
}
