/** The front door: leads a creator to the dashboard, a fan to their own screen, and tells a stranger what this is. */
import { lazy } from "react";
import { Navigate } from "react-router";
import { Loading } from "../../app/Loading";
import { useSession } from "../../lib/session/useSession";
import { ProblemNote } from "../../ui/Note";

const FanHome = lazy(() => import("./FanHome"));
const Welcome = lazy(() => import("./Welcome"));

export default function Home() {
  const { loading, user, isCreator, problem } = useSession();
  if (problem) return <ProblemNote problem={problem} />;
  if (loading) return <Loading />;
  if (isCreator) return <Navigate to="/dashboard" replace />;
  return user ? <FanHome /> : <Welcome />;
}
