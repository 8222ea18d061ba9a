select s.cdm_source_name, s.cdm_version, s.vocabulary_version from @cdm.cdm_source s
