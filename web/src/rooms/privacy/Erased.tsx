import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useWords } from "../../lib/i18n/words";
import { Page } from "../../ui/Page";
import { privacyWords } from "./words";

export default function Erased() {
  const say = useWords(privacyWords);
  return (
    <Page title={say("erased.title")} lead={say("erased.lead")} narrow>
      <div>
        <Button component={Link} to="/">
          {say("erased.home")}
        </Button>
      </div>
    </Page>
  );
}
