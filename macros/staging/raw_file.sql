{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_file(spec) -%}
    {%- set folder = setting('raw_data_dir') -%}
    {%- set wanted = [] -%}
    {%- for extension in ['.csv', '.csv.gz', '.parquet'] -%}
        {%- do wanted.append(spec.stem ~ extension) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for path in raw_folder_paths(folder) -%}
        {%- if (path | replace('\\', '/')).split('/')[-1] | lower
            in wanted | map('lower') | list -%}
            {%- do found.append(path) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            "restock: folder '" ~ folder ~ "' holds more than one candidate for '"
            ~ spec.stem ~ "': " ~ found | sort | join(', ') ~ ". Keep one of them."
        ) }}
    {%- endif -%}
    {%- if not found and not spec.is_optional -%}
        {{ exceptions.raise_compiler_error(
            "restock: folder '" ~ folder ~ "' has no file " ~ wanted | join(' or ')
            ~ ". Put it there, or set --vars '{raw_data_dir: FOLDER}' or "
            ~ "RESTOCK_RAW_DATA_DIR to the folder that holds it (source_system is "
            ~ setting('source_system') ~ ")."
        ) }}
    {%- endif -%}
    {{- return(found[0] if found else none) -}}
{%- endmacro %}
