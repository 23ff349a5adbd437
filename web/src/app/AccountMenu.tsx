/** My name, my language, my way out. A native disclosure: no script for what the browser does. */
import { Button } from "@mantine/core";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { api } from "../lib/api/client";
import type { User } from "../lib/api/types";
import { LOCALE_NAMES, LOCALES, locale, onLocaleChange, setLocale } from "../lib/i18n/locale";
import { useWords } from "../lib/i18n/words";
import { storedSession } from "../lib/session/store";
import { useSession, useSwitchSession } from "../lib/session/useSession";
import { Avatar } from "../ui/Avatar";
import styles from "./Shell.module.css";
import { shellWords } from "./words";

const PATIENCE_MS = 2000;

export function AccountMenu({ user }: { user: User }) {
  const say = useWords(shellWords);
  const language = useSyncExternalStore(onLocaleChange, locale);
  const switchSession = useSwitchSession();
  const { isCreator } = useSession();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const ref = useRef<HTMLDetailsElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the menu
  useEffect(() => {
    if (ref.current) ref.current.open = false;
  }, [pathname]);

  const signOut = async () => {
    // Whatever answers, and however late, this window is signed out; a browser nobody is signed in at rings for nobody.
    const { turnOff } = await import("../lib/push/browser");
    await Promise.race([turnOff().catch(() => undefined), new Promise((go) => setTimeout(go, PATIENCE_MS))]);
    const session = storedSession();
    switchSession(null); // first: once the service has ended it, whatever still asked with it would be refused
    navigate("/");
    const headers = { Authorization: `Bearer ${session?.token}` };
    await api.DELETE("/api/session", { headers }).catch(() => undefined);
  };

  return (
    <details
      ref={ref}
      className={styles.account}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.open = false;
      }}
    >
      <summary aria-label={`${say("nav.you")}: ${user.displayName}`}>
        <Avatar person={user} size={34} />
        <span className={styles.name}>{user.displayName}</span>
      </summary>
      <div className={styles.menu}>
        <p className={styles.menuName}>
          {user.displayName} <small>@{user.username}</small>
        </p>
        <div className={styles.menuLinks}>
          {isCreator && <Link to={`/creator/${user.username}`}>{say("nav.page")}</Link>}
          <Link to="/settings/privacy">{say("nav.privacy")}</Link>
        </div>
        <fieldset className={styles.languages}>
          <legend>{say("nav.language")}</legend>
          {LOCALES.map((option) => (
            <label key={option}>
              <input
                type="radio"
                name="language"
                checked={option === language}
                onChange={() => setLocale(option)}
              />
              {LOCALE_NAMES[option]}
            </label>
          ))}
        </fieldset>
        <Button variant="default" fullWidth onClick={signOut}>
          {say("nav.signOut")}
        </Button>
      </div>
    </details>
  );
}
