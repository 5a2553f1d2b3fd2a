// Downloads a table in pieces: the kernel writes a file, the page collects it.

import { save } from "./common.js";
import { bytesText } from "./words.js";

const TYPES = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };

/** Download the rows that a query shows. */
export async function download(kernel, asked, bar, say) {
  try {
    bar.note("Writing the file…", true);
    const file = await kernel.request("export", asked);
    const parts = [];
    let got = 0;
    while (got < file.bytes) {
      const { buffers } = await kernel.request("part", { file: file.file, offset: got });
      const [part] = buffers;
      if (!part?.byteLength) throw new Error("The file came to an end too early.");
      parts.push(part);
      got += part.byteLength;
      bar.note(`${bytesText(got)} of ${bytesText(file.bytes)}`, true);
    }
    save(file.name, parts, TYPES[asked.format]);
    bar.note(`${file.name}: ${bytesText(file.bytes)}`);
    bar.problem(null);
    say(`${file.name} downloaded`);
  } catch (error) {
    bar.note("");
    bar.problem(error.message);
    say(error.message);
  }
}
