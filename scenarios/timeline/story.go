package timeline

// Tell tells the run.
func (t *Timeline) Tell() []string { return nil }
