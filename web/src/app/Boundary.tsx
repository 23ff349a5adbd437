/** A page that breaks says so and offers to load again; the rest of the screen, and a call, go on. */
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useWords } from "../lib/i18n/words";
import { Page } from "../ui/Page";
import { shellWords } from "./words";

export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const say = useWords(shellWords);
  return (
    <Page title={say("broken.title")} lead={say("broken.lead")} narrow>
      <div>
        <Button onClick={() => window.location.reload()}>{say("broken.again")}</Button>
      </div>
    </Page>
  );
}
