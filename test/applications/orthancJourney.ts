/** What a person does in Orthanc: uploads an image of an examination, and finds its patient. */
import type { Page } from "playwright-core";

/** Name of its site in examples/clinic. */
export const IMAGES = "images.clinic.test";

const EXPLORER = `https://${IMAGES}/app/explorer.html`;

/** Uploads a DICOM file by the form of Orthanc's own interface. */
export async function uploadDicom(page: Page, file: string): Promise<void> {
  await page.goto(`${EXPLORER}#upload`);
  await page.locator("#fileupload").setInputFiles(file);
  await page.locator("#upload-button").click();
  await page.getByText("Done", { exact: true }).waitFor();
}

/** What the interface lists of each study, when it is asked for all. */
export async function studies(page: Page): Promise<readonly string[]> {
  await page.goto(EXPLORER);
  await page.locator("#lookup-submit").click();
  const list = page.locator(".ui-page-active li");
  await list.first().waitFor();
  return list.allInnerTexts();
}

/** A small image for DCMTK's dump2dcm(1), of a patient of this name; each number is an examination. */
export function dicomText(patient: string, number: number): string {
  const uid = `1.2.826.0.1.3680043.10.1000.${String(number)}`;
  return [
    "(0008,0016) UI =SecondaryCaptureImageStorage",
    `(0008,0018) UI ${uid}.1`,
    "(0008,0060) CS OT",
    `(0010,0010) PN ${patient}`,
    `(0010,0020) LO EXAMPLE-${String(number)}`,
    `(0020,000d) UI ${uid}.2`,
    `(0020,000e) UI ${uid}.3`,
    "(0028,0002) US 1",
    "(0028,0004) CS MONOCHROME2",
    "(0028,0010) US 2",
    "(0028,0011) US 2",
    "(0028,0100) US 8",
    "(0028,0101) US 8",
    "(0028,0102) US 7",
    "(0028,0103) US 0",
    String.raw`(7fe0,0010) OB 00\40\80\ff`,
    "",
  ].join("\n");
}
