"""What is not collected here: the files of the peers import tools that only the benchmark installs."""

collect_ignore_glob = ["tools/*.py", "translations/*.py"]
