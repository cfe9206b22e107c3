/** What every report is told beside the record that it is made of. */

/** When the policies were asked, and by which version of the programs. */
export interface Written {
  readonly at: Date;
  readonly version: string;
}
