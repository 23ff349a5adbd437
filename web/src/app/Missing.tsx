import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useWords } from "../lib/i18n/words";
import { Page } from "../ui/Page";
import { shellWords } from "./words";

export function Missing() {
  const say = useWords(shellWords);
  return (
    <Page title={say("missing.title")} lead={say("missing.lead")} narrow>
      <div>
        <Button component={Link} to="/">
          {say("missing.home")}
        </Button>
      </div>
    </Page>
  );
}
