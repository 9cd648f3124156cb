// Package own trains networks on images of one's own, or of a named set, by the
// paper's recipes, and compares such runs: what the commands train, eval and compare
// do. A run is a folder that says by itself what it is (settings.json), so the same
// Settings go on with it and other ones are refused.
//
// A Training is made of Settings and opened images; its Train leaves the folder.
// ReadMethod reads finished runs, replicates of one method, and Compare judges
// methods. A Model is evaluated on images.
package own
