// A notebook that opens the saved trace with pandas: takeaway/trace.ipynb with the trace's name in its first cell.
import { saveText, traceName } from "./saving.js";
import { file } from "../files.js";

export async function saveNotebook() {
  const notebook = await file("page/takeaway/trace.ipynb", JSON.parse);
  const first = notebook.cells.find(({ cell_type: type }) => type === "code");
  first.source[0] = `TRACE = ${JSON.stringify(traceName())}  # as Save trace writes it; put it beside this notebook\n`;
  saveText(traceName().replace(/jsonl$/, "ipynb"), JSON.stringify(notebook, null, 1), "application/x-ipynb+json");
}
