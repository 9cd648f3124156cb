// Command longtail reproduces Yang & Xu, "Rethinking the Value of Labels for
// Improving Class-Imbalanced Learning" (NeurIPS 2020), end to end: it checks the
// theorems, trains the networks, and writes tables, figures and a report with
// published numbers beside measured ones. It also trains on your own images.
//
//	longtail reproduce              theory and the first cells on embedded data
//	longtail plan --profile paper   what a profile would cost here; runs nothing
//	longtail theory                 the three theorems; with a number, at your own parameters
//	longtail train --data FOLDER …  one network on your own images
//	longtail compare DIR DIR …      whether one way to train is better than another
//	longtail COMMAND --help         options and examples
//
// Results go to standard output, as one JSON object with --json; progress and
// errors go to standard error. Computed results are kept in the store (--store,
// LONGTAIL_STORE, runs/), rendered files in out/. Ctrl-C, SIGTERM and a closed
// terminal leave a checkpoint.
//
// Exit status: 0 done, 1 a check or run failed or was interrupted, 2 wrong usage.
// longtail task also has 3, stopped, with a checkpoint if its kind has one; 4, stopped
// while it waited for another process; 5, the disk is full; and 6, training diverged.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"longtail/experiments"
	"longtail/internal/build"
	"longtail/internal/usage"
	"longtail/nn"
	"longtail/nn/objective"
	"longtail/nn/train"
)

type cli struct {
	Reproduce reproduceCmd `cmd:"" help:"Compute theory and training runs, and write every table, figure and the report."`
	Plan      planCmd      `cmd:"" help:"Show what a profile would compute, and its cost in images, FLOPs, disk and hours."`
	Report    reportCmd    `cmd:"" help:"Render tables, figures and report from stored results."`
	Theory    theoryCmd    `cmd:"" help:"Evaluate the paper's theorems: exact laws, published bounds and sharper bounds."`
	Simulate  simulateCmd  `cmd:"" help:"Check a theorem by Monte Carlo, with an interval that holds for any number of draws and a verdict."`
	Train     trainCmd     `cmd:"" help:"Train a network on your own images or a named set."`
	Eval      evalCmd      `cmd:"" help:"Evaluate a checkpoint, longtail's or PyTorch's."`
	Export    exportCmd    `cmd:"" help:"Write a model to a file that PyTorch reads."`
	Compare   compareCmd   `cmd:"" help:"Compare methods trained with train: the gain of each over the first, with a 95 % interval and a verdict."`
	Data      dataCmd      `cmd:"" help:"Describe, show, fetch and verify data sets."`
	Bench     benchCmd     `cmd:"" help:"Measure the speed of the training engine on this machine."`
	Doctor    doctorCmd    `cmd:"" help:"Check kernels, memory, disk, data and the store."`
	Task      taskCmd      `cmd:"" help:"Run one task of a plan in this process (what reproduce does for each of its tasks)."`

	Version kong.VersionFlag `help:"Show version and revision."`
}

// exitError is an error with an exit status other than 1.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	var c cli
	parser, err := parserOf(&c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "longtail:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if os.Getenv("LONGTAIL_STORE") == "" {
		os.Unsetenv("LONGTAIL_STORE") // an empty path would be the current folder
	}
	args = expandHome(args)
	var parsed *kong.Context
	if err = checkFlagValues(parser.Model.Node, args); err == nil {
		if parsed, err = parser.Parse(args); err == nil {
			err = checkDataFolder(parsed)
		}
	}
	if err != nil {
		err = usage.Error{Err: err}
	} else if err = parsed.BindToProvider(func() (context.Context, error) { return untilSignal(c.Task.Supervised), nil }); err == nil {
		err = parsed.Run()
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "longtail:", err)
	if _, wrong := errors.AsType[usage.Error](err); wrong {
		fmt.Fprintf(os.Stderr, "See %s --help.\n", commandPath(parser.Model.Node, args))
		return 2
	}
	if exit, is := errors.AsType[exitError](err); is {
		return exit.code
	}
	return 1
}

// parserOf returns a parser that reads a command line into c.
func parserOf(c *cli) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("longtail"),
		kong.Description("Reproduces Yang & Xu, “Rethinking the Value of Labels for Improving Class-Imbalanced Learning” (NeurIPS 2020): theorems, tables and figures, with published numbers beside measured ones.\n\n  longtail reproduce      start with this: the embedded data, 15 minutes\n  longtail train --help   your own images\n\nQuestions and answers: docs/README.md in the source."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.WithHyphenPrefixedParameters(true), // --mu2 -1
		kong.Vars(kongVars()),
		kong.Bind(c),
	)
}

// checkFlagValues refuses a flag without a value, for which the next flag would be
// taken. It also refuses an empty value, such as an unset shell variable: a path would
// become the current folder, and other flags would be ignored. A flag whose default is
// "" may be empty.
func checkFlagValues(node *kong.Node, args []string) error {
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		if !isFlag {
			if child := childOf(node, args[i]); child != nil {
				node = child
			}
			continue
		}
		name, value, given := strings.Cut(name, "=")
		flags := slices.Concat(node.AllFlags(false)...)
		at := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Name == name })
		if at < 0 || flags[at].IsBool() {
			continue
		}
		if !given {
			if i++; i == len(args) || strings.HasPrefix(args[i], "--") || args[i] == "-h" {
				return fmt.Errorf("--%s needs a value", name)
			}
			value = args[i]
		}
		if value == "" && !(flags[at].HasDefault && flags[at].Default == "") {
			return fmt.Errorf("--%s is empty: give it a value (of a path, . is the current folder), or leave it out", name)
		}
	}
	return nil
}

// checkDataFolder refuses a file, such as an archive, as the folder of official files.
// Doctor finds that itself, beside what else is wrong.
func checkDataFolder(c *kong.Context) error {
	if c.Command() == "doctor" {
		return nil
	}
	for _, f := range c.Flags() {
		if f.Name != "data-dir" {
			continue
		}
		if info, err := os.Stat(f.Target.String()); err == nil && !info.IsDir() {
			return fmt.Errorf("--data-dir (or LONGTAIL_DATA) %s: it is a file; give the folder that it lies in", f.Target)
		}
	}
	return nil
}

// expandHome returns args with ~ expanded where no shell does it: in --data=~/photos and
// in quotes.
func expandHome(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if m := homePath.FindStringSubmatch(a); m != nil {
			args[i] = m[1] + kong.ExpandPath(m[2])
		}
	}
	return args
}

var homePath = regexp.MustCompile(`^(--[a-z-]+=)?(~/.*)$`)

// childOf returns the subcommand of this name; nil: there is none.
func childOf(node *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return node.Children[i]
}

// untilSignal returns the context of commands that take one. Ctrl-C, SIGTERM (a
// cluster's notice) and, unless nohup ignores it, SIGHUP (the terminal is closed)
// cancel it, so that the command leaves a checkpoint. A second Ctrl-C or SIGTERM ends
// the program at once, as the first does in other commands. Unless quiet, the first
// prints so, because the command may take a while to react. A closed terminal sends
// more than one SIGHUP.
func untilSignal(quiet bool) context.Context {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		// Ctrl-C also ends the reader of a pipe (2>&1 | tee log). Printing into it must
		// not kill the program before it has written its checkpoint.
		signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
		stop()
		if quiet {
			return
		}
		line := "longtail: stopping; a second Ctrl-C ends it at once\n"
		if isatty.IsTerminal(os.Stderr.Fd()) {
			line = "\n" + line + "\n" // starts below ^C; a progress bar clears the line above the cursor
		}
		fmt.Fprint(os.Stderr, line)
	})
	return ctx
}

// commandPath returns the command that the leading arguments name.
func commandPath(node *kong.Node, args []string) string {
	command := node.Name
	for _, a := range args {
		if node = childOf(node, a); node == nil {
			break
		}
		command += " " + node.Name
	}
	return command
}

// kongVars returns the variables of the help texts: lists of names, and texts that
// several share.
func kongVars() map[string]string {
	return map[string]string{
		"version":  strings.TrimSpace(fmt.Sprintf("longtail %s %s", build.Version, build.Revision())),
		"profiles": strings.Join(experiments.ProfileNames(), ", "),
		"parts":    strings.Join(experiments.Parts(), ", "),
		"settings": strings.Join(experiments.VariableNames(), ", "),

		"archs":  strings.Join(nn.ArchNames, ", "),
		"losses": strings.Join(objective.LossNames(), ", "),
		"rules":  strings.Join(train.RuleNames(), ", "),

		"bn_momentum": fmt.Sprint(nn.DefaultBNMomentum),
		"several":     several,
	}
}
