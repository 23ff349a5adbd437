/** Header, navigation (at the thumb on a phone, in the header on wider screens) and the page between them. */
import { Button } from "@mantine/core";
import { Suspense } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { useWords } from "../lib/i18n/words";
import { useSession } from "../lib/session/useSession";
import { AccountMenu } from "./AccountMenu";
import { Announcement } from "./Announcement";
import { Boundary } from "./Boundary";
import { Loading } from "./Loading";
import { ROUTES } from "./routes";
import styles from "./Shell.module.css";
import { shellWords } from "./words";

export function Shell() {
  const say = useWords(shellWords);
  const { pathname } = useLocation();
  const { user, isCreator, isOperator, loading } = useSession();
  const seenBy = { creator: isCreator, fan: !isCreator, operator: isOperator };
  const lines = ROUTES.filter(({ nav }) => user && nav && (nav.only === undefined || seenBy[nav.only]));
  return (
    <div className={styles.shell} data-nav={lines.length > 0 || undefined}>
      <a className={styles.skip} href="#content">
        {say("skip")}
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.brand}>
          <img src="/favicon.svg" alt="" width={26} height={26} />
          {say("brand")}
        </Link>
        {lines.length > 0 && (
          <nav className={styles.nav} aria-label={say("nav.label")}>
            {lines.map(({ path, nav }) => (
              <NavLink key={path} to={path} end={path === "/"} className={styles.link ?? ""}>
                {nav && <nav.icon size={22} />}
                <span>{nav && say(nav.label)}</span>
              </NavLink>
            ))}
          </nav>
        )}
        <div className={styles.side}>
          {user && <AccountMenu user={user} />}
          {!user && !loading && pathname !== "/signin" && (
            <Button component={Link} to="/signin" variant="default" size="sm">
              {say("nav.signIn")}
            </Button>
          )}
        </div>
      </header>
      {user && <Announcement key={user.id} userId={user.id} />}
      <main id="content" className={styles.main} tabIndex={-1}>
        <Boundary key={pathname}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </main>
    </div>
  );
}
