{#- Documented in macros/settings/_settings__macros.yml -#}

{% macro code_version() -%}
    {%- if setting('code_version') -%}
        {{- return(setting('code_version')) -}}
    {%- endif -%}
    {%- set checksums = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | sort(attribute='unique_id') -%}
            {%- if node.resource_type == 'model' -%}
                {%- do checksums.append(node.checksum.checksum) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return('models ' ~ local_md5(checksums | join(' '))[:12]) -}}
{%- endmacro %}
