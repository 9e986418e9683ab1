import { render } from "preact";
import { language } from "./language";
import { Shell } from "./shell";
import { useStore } from "./store";

/** Another language is another page: everything is drawn anew. */
function Console() {
  return <Shell key={useStore(language)} />;
}

render(<Console />, document.body);
