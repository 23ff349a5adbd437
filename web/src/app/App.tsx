/** The whole UI: who is signed in, their live connection, their calls over everything, and the page of the moment. */
import { Suspense } from "react";
import { Route, Routes } from "react-router";
import { useForgetOnSignOut } from "../lib/session/useSession";
import { CallsProvider } from "../rooms/calls/CallsProvider";
import { Boundary } from "./Boundary";
import { Guard } from "./Guard";
import { LiveProvider } from "./LiveProvider";
import { Loading } from "./Loading";
import { Missing } from "./Missing";
import { ROUTES } from "./routes";
import { Shell } from "./Shell";

export function App() {
  useForgetOnSignOut();
  return (
    <Routes>
      {ROUTES.filter((line) => line.bare).map(({ path, page: PageOf }) => (
        <Route
          key={path}
          path={path}
          element={
            <Boundary>
              <Suspense fallback={<Loading />}>
                <PageOf />
              </Suspense>
            </Boundary>
          }
        />
      ))}
      <Route
        element={
          <LiveProvider>
            <CallsProvider>
              <Shell />
            </CallsProvider>
          </LiveProvider>
        }
      >
        {ROUTES.filter((line) => !line.bare).map(({ path, page: PageOf, audience }) => (
          <Route
            key={path}
            path={path}
            element={
              <Guard audience={audience}>
                <PageOf />
              </Guard>
            }
          />
        ))}
        <Route path="*" element={<Missing />} />
      </Route>
    </Routes>
  );
}
