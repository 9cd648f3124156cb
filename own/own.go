// Package own trains networks by the paper's recipes on a user's images or on a named
// set, and compares such runs. It implements the commands train, eval and compare. A
// run's folder describes itself (settings.json): a run with the same Settings
// continues there, and other ones are refused.
//
// A Training consists of Settings and opened images; its Train writes the folder.
// ReadMethod reads finished runs, which are replicates of one method, and Compare
// compares methods. A Model is evaluated on images.
package own
